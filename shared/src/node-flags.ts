// How Node hands memory back in the processes of ours.

/**
 * A small young generation: the default lets a service that mostly waits grow by 40 MB. And an old
 * one collected when it has doubled, not quadrupled: the API went from 162 to 213 MB within its
 * second minute of load, and stays at 172.
 */
export const NODE_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=100'];
