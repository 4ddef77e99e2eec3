import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.http.HttpServerTransport;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.PluginInfo;

/**
 * One OpenSearch node in this JVM, on a free port of the loopback interface, for tests:
 * {@code java ... SingleNode DATA_DIRECTORY}. Prints {@code READY http://...} and ends when its standard input does,
 * so that it never outlives who started it.
 */
public final class SingleNode extends Node {
    private static final String PAINLESS = "org.opensearch.painless.PainlessModulePlugin";
    /** Plugins on the class path, and those whose extension points they use. */
    private static final Map<String, List<String>> PLUGINS = Map.of(
        "org.opensearch.transport.Netty4ModulePlugin", List.of(),
        PAINLESS, List.of(),
        "org.opensearch.analysis.common.CommonAnalysisModulePlugin", List.of(PAINLESS),
        "org.opensearch.index.reindex.ReindexModulePlugin", List.of());

    private SingleNode(Environment environment, Collection<PluginInfo> plugins) {
        super(environment, plugins, false);
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        Files.createDirectories(home.resolve("config"));
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("cluster.name", "kintoun-test")
            .put("node.name", "one")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("node.store.allow_mmap", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        LogConfigurator.registerErrorListener();
        LogConfigurator.setNodeName("one");
        List<PluginInfo> plugins = new ArrayList<>();
        PLUGINS.forEach((name, extended) -> plugins.add(new PluginInfo(name, "on the class path", "NA", Version.CURRENT, "21", name, extended, false)));
        SingleNode node = new SingleNode(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), home.resolve("config"), () -> "one"), plugins);

        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            } finally {
                stopped.countDown();
            }
        }));
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (System.in.read() >= 0);
            } catch (Exception ended) {
                // the same as its end
            }
            System.exit(0);
        });
        node.start();
        int port = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
        System.out.println("READY http://127.0.0.1:" + port);
        stopped.await();
    }
}
