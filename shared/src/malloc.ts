// How the C library hands memory back in the processes of ours.

/**
 * Lets the C library give blocks from 1 MiB on back to the system. Left alone it raises that limit
 * with each large block freed, and a worker keeps what loading its model took: 330 MB resident
 * instead of 257 with one int8 session, 534 instead of 331 with one fp32 session.
 */
export const MALLOC_SETTINGS = { MALLOC_MMAP_THRESHOLD_: `${1024 * 1024}` };
