// Of what the caller tells Node, a host is told what decides whom a connection trusts and how it is made, so that both
// families reach the same servers. Loaders, inspectors and keys have no business there.
const CONNECTION =
  /^--(?:no-)?(?:use-(?:system|openssl|bundled)-ca|tls-(?:min|max)-v[\d.]+|tls-cipher-list|dns-result-order|network-family-autoselection(?:-attempt-timeout)?|max-http-header-size)(?:=|$)/;
const TAKES_VALUE =
  /^--(?:tls-cipher-list|dns-result-order|network-family-autoselection-attempt-timeout|max-http-header-size)$/;
// These hold in all threads of a process, and are refused where one is started.
const OF_PROCESS = /^--(?:use-(?:openssl|bundled)-ca|tls-cipher-list)(?:=|$)/;
const SYSTEM_CA = "--use-system-ca";

/** For a child process. */
export function flagsOfProcess(): string[] {
  const fromVariable = process.env.NODE_OPTIONS?.split(/\s+/).map((word) => word.replaceAll('"', "")) ?? [];
  const words = [...fromVariable, ...process.execArgv];
  return words.flatMap((word, i) => {
    if (!CONNECTION.test(word)) return [];
    return TAKES_VALUE.test(word) ? [`${word}=${words[i + 1] ?? ""}`] : [word];
  });
}

/** For a worker thread. */
export function flagsOfThread(): string[] {
  const flags = flagsOfProcess().filter((flag) => !OF_PROCESS.test(flag));
  if (process.env.NODE_USE_SYSTEM_CA === "1") flags.unshift(SYSTEM_CA);
  // A matter of the thread since Node 24.
  const ofThread = Number.parseInt(process.versions.node, 10) >= 24;
  return ofThread ? flags : flags.filter((flag) => !flag.endsWith("use-system-ca"));
}

/** The variables of a worker thread. */
export function variablesOfThread(): NodeJS.ProcessEnv {
  const { NODE_TLS_REJECT_UNAUTHORIZED } = process.env;
  return NODE_TLS_REJECT_UNAUTHORIZED === undefined ? {} : { NODE_TLS_REJECT_UNAUTHORIZED };
}

/** The variables of a child process: the caller's, without what they tell Node. */
export function variablesOfProcess(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return rest;
}
