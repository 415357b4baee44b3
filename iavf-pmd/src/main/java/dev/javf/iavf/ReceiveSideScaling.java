package dev.javf.iavf;

import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;
import dev.javf.virtchnl.VfResources;

/**
 * Receive-side scaling: which queue a flow's packets arrive in. The PF's own table covers all queue
 * pairs that it gave the VF; one that uses fewer has to say so, or packets go to queues that nobody
 * polls.
 *
 * <p>The key is the same in every run and after every reset, so that a flow stays with its queue.
 * It repeats two bytes, which makes the hash symmetric: both directions of a connection arrive in
 * the same queue ("Scalable TCP Session Monitoring with Symmetric Receive-side Scaling", Woo and
 * Park 2012).
 */
final class ReceiveSideScaling {
    private static final byte[] KEY_PATTERN = {0x6D, 0x5A};

    private ReceiveSideScaling() {}

    /** The key, as long as the PF wants it. */
    static RssKey key(final VfResources resources, final int vsiId) {
        final byte[] key = new byte[resources.rssKeyBytes()];
        for (int i = 0; i < key.length; i++) {
            key[i] = KEY_PATTERN[i % KEY_PATTERN.length];
        }
        return new RssKey(vsiId, key);
    }

    /** The table: queues in turn. */
    static RssLut table(final VfResources resources, final int vsiId, final int queuePairs) {
        final byte[] table = new byte[resources.rssLutEntries()];
        for (int i = 0; i < table.length; i++) {
            table[i] = (byte) (i % queuePairs);
        }
        return new RssLut(vsiId, table);
    }
}
