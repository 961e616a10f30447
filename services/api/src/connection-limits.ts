// What one connection may take, in time and in bytes, so that slow or many clients hold nothing up.

/** Of the request line and all headers, which bounds the URL too. */
export const MAX_HEADER_BYTES = 16_384;

/** More are closed as they come: each costs some 10 kB, and a file descriptor. */
export const MAX_CONNECTIONS = 10_000;

/** Of the Fastify instance. A body must flow as well: see `keepPace`. */
export const connectionLimits = {
  /** Longest time for a whole request to arrive. */
  requestTimeout: 60_000,
  /** Longer than proxies keep theirs (60 s mostly), which else meet a closed one. */
  keepAliveTimeout: 72_000,
  routerOptions: { maxParamLength: 100 },
  http: {
    maxHeaderSize: MAX_HEADER_BYTES,
    /** Longest time for the headers; they are one packet. */
    headersTimeout: 10_000,
    /** How often connections are looked at for these times. */
    connectionsCheckingInterval: 2000,
  },
};
