// The synchronous half of probe-image-size, with its parser for each format.
declare module 'probe-image-size/sync.js' {
  interface Header {
    width: number;
    height: number;
    orientation?: number;
  }
  type Parser = (file: Uint8Array) => Header | undefined;
  const probe: {
    parsers: Record<'avif' | 'bmp' | 'gif' | 'jpeg' | 'png' | 'tiff' | 'webp', Parser>;
  };
  export default probe;
}
