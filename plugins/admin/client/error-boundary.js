import { Component } from "react";

/** Shows `fallback` instead of `children` whose rendering fails, and calls `onFail`, until `resetKey` changes. */
export class ErrorBoundary extends Component {
  state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  componentDidCatch() {
    this.props.onFail?.();
  }

  componentDidUpdate({ resetKey }) {
    if (this.state.hasFailed && resetKey !== this.props.resetKey) this.setState({ hasFailed: false });
  }

  render() {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
