// A TCP proxy: the line between one process and Redis, so that the network between them can fail.
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Line {
  readonly #server: Server;
  readonly #links = new Set<readonly [Socket, Socket]>();
  /** Silences under way. */
  #silences = 0;

  private constructor(port: number) {
    this.#server = createServer((near) => this.#link(near, connect(port, '127.0.0.1')));
  }

  /** To a port of this machine. */
  static async start(port: number): Promise<Line> {
    const line = new Line(port);
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const [near, far] of this.#links) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Lets connections stand, and nothing through. */
  async silence(ms: number): Promise<void> {
    this.#silences++;
    for (const [near, far] of this.#links) {
      near.unpipe(far);
      far.unpipe(near);
    }
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (--this.#silences > 0) return;
    for (const [near, far] of this.#links) join(near, far);
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #link(near: Socket, far: Socket): void {
    const link = [near, far] as const;
    this.#links.add(link);
    for (const socket of link) {
      socket.setNoDelay(true);
      socket.on('error', () => {}); // 'close' follows
      socket.once('close', () => {
        this.#links.delete(link);
        for (const end of link) end.destroy();
      });
    }
    if (this.#silences === 0) join(near, far);
  }
}

function join(near: Socket, far: Socket): void {
  near.pipe(far);
  far.pipe(near);
}
