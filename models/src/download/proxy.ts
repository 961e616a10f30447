// Lets this process's downloads go through the proxy that the environment names.
import { setGlobalProxyFromEnv } from 'node:http';
import { ModelError } from '../error.ts';

/**
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY, also in small letters. By Node's own proxy support, which
 * is off by default.
 * @returns takes it back
 * @throws {ModelError} when one of them is no address
 */
export function useProxies(env: NodeJS.ProcessEnv): () => void {
  try {
    return setGlobalProxyFromEnv(env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(`bad setting: HTTPS_PROXY or HTTP_PROXY: ${reason}`);
  }
}
