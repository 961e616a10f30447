// sharp, but for one thing: a photo with the mark kills its process, as a fault in a native decoder does.
import sharp from 'sharp';

/** Somewhere in the first kilobyte of a photo, as in a comment, it makes the photo poison. */
export const POISON = 'SYNSET-POISON';

const isPoison = (input: unknown) =>
  Buffer.isBuffer(input) && input.subarray(0, 1024).includes(POISON);

// A proxy has all that sharp has, its static members too.
export default new Proxy(sharp, {
  apply(target, self, args) {
    if (isPoison(args[0])) process.kill(process.pid, 'SIGKILL');
    return Reflect.apply(target, self, args);
  },
});
