package dev.javf.virtio.pci;

import java.util.SplittableRandom;

/** Ethernet frames with a payload that can be told apart. */
final class Frames {
    private Frames() {}

    static byte[] of(final int lengthBytes, final long seed) {
        final byte[] frame = new byte[lengthBytes];
        new SplittableRandom(seed).nextBytes(frame);
        // Neither multicast nor tagged.
        frame[0] = 2;
        frame[12] = 0x08;
        frame[13] = 0;
        return frame;
    }

    static byte[] tagged(final byte[] frame, final int tag) {
        final byte[] tagged = new byte[frame.length + 4];
        System.arraycopy(frame, 0, tagged, 0, 12);
        tagged[12] = (byte) 0x81;
        tagged[14] = (byte) (tag >>> 8);
        tagged[15] = (byte) tag;
        System.arraycopy(frame, 12, tagged, 16, frame.length - 12);
        return tagged;
    }
}
