package dev.javf.daemon;

import dev.javf.iavf.RxQueue;
import dev.javf.iavf.TxQueue;
import dev.javf.packet.PacketPool;
import dev.javf.packet.PacketVector;

/**
 * A queue pair as it goes from poller to poller, with all that is in it.
 *
 * @param rx the Rx queue.
 * @param tx the Tx queue.
 * @param pending packets that the Tx queue had no room for yet.
 */
record QueuePair(RxQueue rx, TxQueue tx, PacketVector pending) {
    /** Its number. */
    int index() {
        return rx.index();
    }

    /** Takes its buffers from this pool from now on, and gives them back to it. */
    void pool(final PacketPool pool) {
        rx.pool(pool);
        tx.pool(pool);
    }
}
