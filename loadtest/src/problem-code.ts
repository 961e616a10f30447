// What an answer that is not the wanted one counts as.

/** The code of the service's problem, else the status: another server's text is not repeated. */
export function problemCode(status: number, body: string): string {
  try {
    const { code } = JSON.parse(body);
    if (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code)) return code;
  } catch {
    // no problem of ours
  }
  return `HTTP ${status}`;
}
