const warned = new Set<string>();

/** Warns, once for each origin, of a server beyond this machine to which the key goes unencrypted. */
export function warnOfPlainHttp(origin: string): void {
  const { protocol, hostname } = new URL(origin);
  if (protocol !== "http:" || isLoopback(hostname) || warned.has(origin)) return;
  warned.add(origin);
  process.emitWarning(`the API key goes unencrypted to ${origin}: use https://`, {
    code: "DIFY_DUAL_PLAIN_HTTP",
  });
}

/** `hostname` is as URL gives it: in lower case, IPv4 as four numbers, IPv6 in brackets. */
function isLoopback(hostname: string): boolean {
  const name = hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
  return (
    name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d+){3}$/.test(name)
  );
}
