import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Tabs } from "../components/tabs.tsx";
import type { ServerInfo } from "../lib/server-info.ts";
import { LoginError, logInByAccount, logInByHeader, loginNotice, startOpenIdLogin, toBasic } from "../lib/session.ts";
import { Brand } from "./brand.tsx";

type Way = "account" | "basicauth" | "token";

const WAY_LABELS: Readonly<Record<Way, string>> = { account: "Account", basicauth: "Basic", token: "API token" };

/** Asks for credentials, in the ways that the store has. */
export const Login = ({ info }: { readonly info: ServerInfo }) => {
  const { capabilities } = info;
  const ways = (["account", "basicauth", "token"] as const).filter((way) =>
    way === "account"
      ? "accounts" in capabilities
      : way === "token"
        ? "api_tokens" in capabilities
        : way in capabilities,
  );
  const providers = capabilities.openid?.providers ?? [];
  const [way, setWay] = useState<Way | undefined>(ways[0]);
  useEffect(() => {
    document.title = "Log in · Kintoun";
  }, []);
  return (
    <main class="login">
      <Brand />
      <div class="panel stack">
        <h1>Log in</h1>
        {loginNotice.value !== "" && (
          <div class="note note-warning" role="status">
            {loginNotice.value}
          </div>
        )}
        {ways.length > 1 && (
          <Tabs
            label="Ways to log in"
            tabs={ways.map((id) => ({ id, label: WAY_LABELS[id] }))}
            active={way ?? ""}
            onSelect={(id) => setWay(id as Way)}
          />
        )}
        {way !== undefined && <LoginForm key={way} way={way} />}
        {way !== undefined && providers.length > 0 && <div class="login-or">or</div>}
        {providers.map((provider) => (
          <Button key={provider.name} onClick={() => void startOpenIdLogin(provider).catch(showFailure)}>
            Log in with {provider.name}
          </Button>
        ))}
        {way === undefined && providers.length === 0 && (
          <p>
            The store has no plugin with which users log in. Add accounts, openid or basicauth to its configuration.
          </p>
        )}
      </div>
      <p class="muted small">
        {info.project_name} {info.project_version}
      </p>
    </main>
  );
};

const showFailure = (failure: unknown): void => {
  loginNotice.value = failure instanceof LoginError ? failure.message : "The store does not answer. Try again.";
};

const LoginForm = ({ way }: { readonly way: Way }) => {
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  const [code, setCode] = useState("");
  const [error, setError] = useState("");
  const [hasFailed, setFailed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const logIn = async (): Promise<void> => {
    setBusy(true);
    setError("");
    try {
      if (way === "account") await logInByAccount(user.trim(), secret, code.replaceAll(" ", ""));
      else if (way === "token") await logInByHeader(`Bearer ${secret.trim()}`);
      else await logInByHeader(toBasic(user, secret));
    } catch (failure) {
      setFailed(true);
      setError(failure instanceof LoginError ? failure.message : "The store does not answer. Try again.");
    }
    setBusy(false);
  };

  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void logIn();
      }}
    >
      {way !== "token" && (
        <Field label={way === "account" ? "Account" : "User"}>
          {(attributes) => (
            <input
              {...attributes}
              ref={first}
              required
              autocomplete="username"
              autocapitalize="off"
              spellcheck={false}
              value={user}
              onInput={(event) => setUser(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <Field label={way === "token" ? "Token" : "Password"}>
        {(attributes) => (
          <input
            {...attributes}
            ref={way === "token" ? first : null}
            required
            type="password"
            autocomplete={way === "token" ? "off" : "current-password"}
            value={secret}
            onInput={(event) => setSecret(event.currentTarget.value)}
          />
        )}
      </Field>
      {way === "account" && hasFailed && (
        <Field label="One-time code" help="Only if your account has a second factor: the code of your app.">
          {(attributes) => (
            <input
              {...attributes}
              autocomplete="one-time-code"
              inputMode="numeric"
              value={code}
              onInput={(event) => setCode(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      {error !== "" && (
        <div class="note note-bad" role="alert">
          {error}
        </div>
      )}
      <Button type="submit" tone="primary" disabled={isBusy}>
        Log in
      </Button>
    </form>
  );
};
