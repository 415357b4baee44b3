package dev.javf.iavf;

/**
 * Who polls the queues of a VF. The conductor asks, the owner passes the request to its poller, and
 * runs {@code done} on the conductor thread once the poller has carried it out.
 *
 * <pre>
 *           prepare              revoke
 * conductor -------> poller has  -------> conductor  --> reclaim, then the end
 *  has them          the queues           has them   --> prepare again, after down or a reset
 * </pre>
 *
 * At most one request per VF is under way at any time. All methods are called on the conductor
 * thread and must return at once; {@code done} may run inside the call. A request can't be refused:
 * a poller that never answers keeps the VF from going on, for memory that a thread may still use is
 * never unmapped.
 */
public interface QueueOwner {
    /**
     * Hands the queues over. The poller posts all Rx buffers from its pool ({@link RxQueue#start}),
     * makes the Tx rings ready ({@link TxQueue#start}), and polls Rx from then on. The device is
     * told to use the rings only after {@code done}. Frames that are to be sent can wait until the
     * VF is {@link LifecycleState#UP}; earlier ones may be lost.
     *
     * @param queues the queues of the VF.
     * @param done to be run on the conductor thread.
     */
    void prepare(QueueSet queues, Runnable done);

    /**
     * Whether the owner wants to sleep until something arrives. Then {@link QueueSet#vectors} has
     * vectors to arm once the VF is {@link LifecycleState#UP}.
     *
     * @return no, unless an owner says otherwise; always the same.
     */
    default boolean wantsInterrupts() {
        return false;
    }

    /**
     * Takes the queues back. Once {@code done} runs, no thread touches them. Buffers stay in them,
     * because the device may still use them.
     *
     * @param queues the queues of the VF.
     * @param done to be run on the conductor thread.
     */
    void revoke(QueueSet queues, Runnable done);

    /**
     * Gives all buffers that are in the queues back to the pool. The device has stopped for good;
     * after {@code done} the rings' memory is unmapped.
     *
     * @param queues the queues of the VF.
     * @param done to be run on the conductor thread.
     */
    void reclaim(QueueSet queues, Runnable done);
}
