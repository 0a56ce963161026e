/** A TCP proxy that stands for a bad network: slow, cut, silent, or losing what comes back. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Where connections lead: a port of this machine, or a socket. */
export type ProxyTarget = { readonly port: number } | { readonly path: string };

/**
 * `passing`: bytes pass, after the latency. `cut`: connections are reset, new ones too. `silent`: no
 * byte passes either way, and nothing is closed. `losing-replies`: what clients send arrives, and
 * what comes back is lost.
 */
export type ProxyMode = 'passing' | 'cut' | 'silent' | 'losing-replies';

export class TcpProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  /** Where the next connection leads. */
  target: ProxyTarget;
  #mode: ProxyMode = 'passing';
  /** How long bytes take, each way. */
  latencyMs = 0;

  /** Listens on a free port of 127.0.0.1. */
  static async start(target: ProxyTarget): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(target: ProxyTarget) {
    this.target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get mode(): ProxyMode {
    return this.#mode;
  }

  /** Connections that lost bytes are reset when the mode changes back: they would never make sense again. */
  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const link of this.#links) {
      if (mode === 'cut' || (mode === 'passing' && link.hasLost)) link.reset();
    }
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#mode === 'cut') {
      client.on('error', () => {}).resetAndDestroy();
      return;
    }
    const link = new Link(client, connect({ ...this.target, allowHalfOpen: true }), this);
    this.#links.add(link);
    link.onClosed(() => this.#links.delete(link));
  }
}

/** A client's connection and the one that was made for it. */
class Link {
  hasLost = false;
  readonly #sockets: readonly [Socket, Socket];

  constructor(client: Socket, upstream: Socket, proxy: TcpProxy) {
    this.#sockets = [client, upstream];
    for (const socket of this.#sockets) socket.setNoDelay(true).on('error', () => this.reset());
    this.#forward(client, new DelayedSocket(upstream, proxy), () => proxy.mode === 'silent');
    this.#forward(
      upstream,
      new DelayedSocket(client, proxy),
      () => proxy.mode === 'silent' || proxy.mode === 'losing-replies',
    );
  }

  reset(): void {
    const [client, upstream] = this.#sockets;
    client.resetAndDestroy();
    upstream.destroy();
  }

  onClosed(then: () => void): void {
    this.#sockets[0].once('close', () => {
      this.reset();
      then();
    });
  }

  #forward(from: Socket, to: DelayedSocket, isLost: () => boolean): void {
    from.on('data', (bytes: Buffer) => {
      if (isLost()) this.hasLost = true;
      else to.send(bytes);
    });
    from.once('end', () => {
      if (isLost()) this.hasLost = true;
      else to.send('end');
    });
    from.once('close', (hadError) => {
      if (hadError) this.reset();
    });
  }
}

/** Writes to a socket after the latency, in order: timers alone would not keep it. */
class DelayedSocket {
  readonly #socket: Socket;
  readonly #proxy: TcpProxy;
  readonly #queue: { readonly bytes: Buffer | 'end'; readonly dueAtMs: number }[] = [];

  constructor(socket: Socket, proxy: TcpProxy) {
    this.#socket = socket;
    this.#proxy = proxy;
  }

  send(bytes: Buffer | 'end'): void {
    this.#queue.push({ bytes, dueAtMs: performance.now() + this.#proxy.latencyMs });
    if (this.#queue.length === 1) this.#sendWhatIsDue();
  }

  #sendWhatIsDue(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const leftMs = next.dueAtMs - performance.now();
      if (leftMs > 0) {
        setTimeout(() => this.#sendWhatIsDue(), leftMs);
        return;
      }
      this.#write(next.bytes);
      this.#queue.shift();
    }
  }

  #write(bytes: Buffer | 'end'): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    if (bytes === 'end') this.#socket.end();
    else this.#socket.write(bytes);
  }
}
