// A client in its own process: posts a file again and again, prints the codes that it sees.
const [url = '', bytes = '0', times = '0', kind = ''] = process.argv.slice(2);
const file = new Uint8Array(Number(bytes)).fill(7);

const seen: Record<string, number> = {};
for (let i = 0; i < Number(times); i++) {
  let code: string;
  try {
    const body = new FormData();
    body.append('file', new Blob([file]), 'large.jpg');
    const init =
      kind === 'form' ? { body } : { body: file, headers: { 'content-type': 'image/jpeg' } };
    const response = await fetch(url, { method: 'POST', ...init });
    code = `${response.status} ${((await response.json()) as { code: string }).code}`;
  } catch (error) {
    code = `${(error as Error).cause ?? error}`;
  }
  seen[code] = (seen[code] ?? 0) + 1;
}
process.stdout.write(JSON.stringify(seen));
