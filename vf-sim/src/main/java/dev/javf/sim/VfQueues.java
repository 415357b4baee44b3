package dev.javf.sim;

import dev.javf.vfio.DmaSpace;

import java.lang.foreign.MemorySegment;

/**
 * The descriptor rings of a VF, and what its VSI does with frames on their way to and from them.
 * The PF's half of the model configures it; the driver's tail registers drive it.
 *
 * <p>Only memory that the driver has mapped is touched. An access elsewhere is recorded as a fault
 * and stops its queue until it is disabled and enabled again. Nothing moves while the function is
 * no bus master.
 *
 * <p>For the switch's thread, but for what {@link QueueInterrupts} says.
 */
public final class VfQueues {
    /** Descriptors that a tail register of 13 bits can address. */
    public static final int MAX_RING_LENGTH = 0x1FFF;

    /** Queue pairs of a large VF. */
    public static final int MAX_QUEUE_PAIRS = 256;

    /** The longest frame, without tags that are inserted. */
    public static final int MAX_FRAME_BYTES = 9728;

    private final EthernetSwitch bridge;
    private final SwitchPort port;
    private final boolean doubleVlanMode;
    private final TxPacket packet;
    private final RxQueue[] rxQueues;
    private final TxQueue[] txQueues;
    private final QueueInterrupts interrupts;
    private final VfHost host;
    private final VlanOffloads vlanOffloads = new VlanOffloads();
    private final RssHash rssHash = new RssHash();
    private final RxMetadata metadata = new RxMetadata();
    private int maxFrameBytes = MAX_FRAME_BYTES;
    private boolean busMaster;

    /** Whether a queue has been mapped or enabled since the last reset: most VFs are idle. */
    private boolean inUse;

    private int highestVector;
    private int nextTxQueue;

    /**
     * Queues that are neither configured nor enabled.
     *
     * @param device the function's name, for faults.
     * @param bridge the switch of the function's port.
     * @param port the function's place at it; nothing else may be behind it.
     * @param dma the memory that the driver has mapped.
     * @param registers region 0's first 0x3000 bytes or more, shared with the driver: the tail
     *     registers QTX_TAIL1 and QRX_TAIL1 and the intervals VFINT_ITRN1 are read here.
     * @param host the function.
     * @param queuePairs 1 to {@link #MAX_QUEUE_PAIRS}.
     */
    public VfQueues(
            final String device,
            final EthernetSwitch bridge,
            final SwitchPort port,
            final DmaSpace dma,
            final MemorySegment registers,
            final VfHost host,
            final int queuePairs) {
        if (queuePairs < 1 || queuePairs > MAX_QUEUE_PAIRS) {
            throw new IllegalArgumentException(
                    device + ": " + queuePairs + " queue pairs; there are 1 to " + MAX_QUEUE_PAIRS);
        }
        this.bridge = bridge;
        this.port = port;
        this.host = host;
        doubleVlanMode = bridge.doubleVlanMode();
        packet = bridge.packet();
        interrupts = new QueueInterrupts(registers);
        final RxScatter scatter = new RxScatter(dma);
        rxQueues = new RxQueue[queuePairs];
        txQueues = new TxQueue[queuePairs];
        for (int queue = 0; queue < queuePairs; queue++) {
            rxQueues[queue] = new RxQueue(device, queue, dma, scatter, registers);
            txQueues[queue] = new TxQueue(device, queue, this, dma, registers);
        }
        port.receiver(this::receive);
    }

    /** The function's place at the switch. */
    public SwitchPort port() {
        return port;
    }

    /** Number of queue pairs. */
    public int queuePairs() {
        return rxQueues.length;
    }

    /** The queues' interrupt vectors. */
    public QueueInterrupts interrupts() {
        return interrupts;
    }

    /** Stripping and insertion of tags. */
    public VlanOffloads vlanOffloads() {
        return vlanOffloads;
    }

    /** The distribution of received frames to queues. */
    public RssHash rssHash() {
        return rssHash;
    }

    /**
     * Sets the longest frame that may be sent.
     *
     * @param bytes without inserted tags and frame check sequence; 17 to {@link #MAX_FRAME_BYTES}.
     */
    public void maxFrameBytes(final int bytes) {
        if (bytes < TxPacket.MIN_FRAME_BYTES || bytes > MAX_FRAME_BYTES) {
            throw new IllegalArgumentException(
                    port.name()
                            + ": longest frame "
                            + bytes
                            + " bytes; it has 17 to "
                            + MAX_FRAME_BYTES);
        }
        maxFrameBytes = bytes;
    }

    /** The longest frame that may be sent. */
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /**
     * Configures an Rx queue, and disables it.
     *
     * @param queue its number, below {@link #queuePairs}.
     * @param context what the driver has said of it.
     */
    public void configureRx(final int queue, final RxQueueContext context) {
        rxQueues[queue].configure(context);
    }

    /**
     * Configures a Tx queue, and disables it.
     *
     * @param queue its number, below {@link #queuePairs}.
     * @param context what the driver has said of it.
     */
    public void configureTx(final int queue, final TxQueueContext context) {
        txQueues[queue].configure(context);
    }

    /**
     * Maps an Rx queue to an interrupt vector.
     *
     * @param queue its number, below {@link #queuePairs}.
     * @param vector 1 or more; 0 takes the queue off its vector.
     * @param itr 0 to 2, or {@link QueueInterrupts#NO_ITR}.
     */
    public void mapRx(final int queue, final int vector, final int itr) {
        rxQueues[queue].map(vector, itr);
        inUse = true;
        highestVector = Math.max(highestVector, vector);
    }

    /**
     * Maps a Tx queue to an interrupt vector.
     *
     * @param queue its number, below {@link #queuePairs}.
     * @param vector 1 or more; 0 takes the queue off its vector.
     * @param itr 0 to 2, or {@link QueueInterrupts#NO_ITR}.
     */
    public void mapTx(final int queue, final int vector, final int itr) {
        txQueues[queue].map(vector, itr);
        inUse = true;
        highestVector = Math.max(highestVector, vector);
    }

    /**
     * Enables an Rx queue, from its first descriptor. One that is enabled stays as it is.
     *
     * @param queue its number, below {@link #queuePairs}.
     * @return false when it has not been configured.
     */
    public boolean enableRx(final int queue) {
        inUse = true;
        return rxQueues[queue].enable();
    }

    /**
     * Enables a Tx queue, from its first descriptor; its tail register starts at 0. One that is
     * enabled stays as it is.
     *
     * @param queue its number, below {@link #queuePairs}.
     * @return false when it has not been configured.
     */
    public boolean enableTx(final int queue) {
        inUse = true;
        return txQueues[queue].enable();
    }

    /**
     * Disables an Rx queue; what it has received is written back. It keeps its configuration.
     *
     * @param queue its number, below {@link #queuePairs}.
     */
    public void disableRx(final int queue) {
        rxQueues[queue].disable();
    }

    /**
     * Disables a Tx queue; what it has sent is written back. It keeps its configuration.
     *
     * @param queue its number, below {@link #queuePairs}.
     */
    public void disableTx(final int queue) {
        txQueues[queue].disable();
    }

    /**
     * Whether an Rx queue runs.
     *
     * @param queue its number, below {@link #queuePairs}.
     */
    public boolean isRxEnabled(final int queue) {
        return rxQueues[queue].isEnabled();
    }

    /**
     * Whether a Tx queue runs.
     *
     * @param queue its number, below {@link #queuePairs}.
     */
    public boolean isTxEnabled(final int queue) {
        return txQueues[queue].isEnabled();
    }

    /** Whether any queue runs. */
    public boolean isAnyEnabled() {
        for (int queue = 0; queue < rxQueues.length; queue++) {
            if (rxQueues[queue].isEnabled() || txQueues[queue].isEnabled()) {
                return true;
            }
        }
        return false;
    }

    /**
     * What a reset of the VF does here: all queues lose their configuration, vectors and offloads
     * are as at first. The registers themselves are left alone.
     */
    public void reset() {
        for (int queue = 0; queue < rxQueues.length; queue++) {
            rxQueues[queue].reset();
            txQueues[queue].reset();
        }
        interrupts.reset();
        vlanOffloads.reset();
        rssHash.reset();
        maxFrameBytes = MAX_FRAME_BYTES;
        highestVector = 0;
        nextTxQueue = 0;
        inUse = false;
    }

    /**
     * Sends what the driver has queued, and serves the interrupt vectors.
     *
     * @param nowNs the time, for interrupt intervals.
     * @param frameLimit packets at most.
     * @return packets taken from the rings.
     */
    public int doWork(final long nowNs, final int frameLimit) {
        busMaster = host.isBusMaster();
        if (!busMaster || !inUse) {
            return 0;
        }
        int count = 0;
        for (int i = 0; i < txQueues.length && count < frameLimit; i++) {
            final TxQueue queue = txQueues[nextTxQueue];
            nextTxQueue = nextTxQueue + 1 == txQueues.length ? 0 : nextTxQueue + 1;
            final int sent = queue.send(packet, frameLimit - count);
            count += sent;
            if (queue.takeReported()) {
                interrupts.cause(queue.vector(), queue.itr());
            }
        }
        for (int vector = 1; vector <= highestVector; vector++) {
            interrupts.service(vector, nowNs, this, host);
        }
        return count;
    }

    /** Writes back what the queues of a vector hold. */
    void writeBack(final int vector) {
        for (int queue = 0; queue < rxQueues.length; queue++) {
            if (rxQueues[queue].vector() == vector) {
                rxQueues[queue].writeBack();
            }
            if (txQueues[queue].vector() == vector) {
                txQueues[queue].writeBack();
            }
        }
    }

    private void receive(final Frame frame, final boolean loopback) {
        metadata.clear(loopback, bridge.nowNs());
        separateTags(frame);
        int number = 0;
        if (rssHash.covers(frame.headers())) {
            final int hash = rssHash.hash(frame, frame.headers());
            metadata.hash(hash);
            number = rssHash.queue(hash);
        }
        DropCause cause = DropCause.RX_QUEUE_DISABLED;
        if (busMaster && number < rxQueues.length) {
            final RxQueue queue = rxQueues[number];
            cause = queue.receive(frame, metadata);
            if (cause == null) {
                interrupts.cause(queue.vector(), queue.itr());
                port.counters().received(frame.castKind(), frame.lengthBytes());
                return;
            }
        }
        port.counters().dropped(cause);
    }

    /** Decides for each tag whether the driver finds it in the packet or in the descriptor. */
    private void separateTags(final Frame frame) {
        final int tags = frame.tagCount();
        int visible = (1 << tags) - 1;
        if (tags > 0) {
            final int first = port.hasPortVlan() ? 1 : 0;
            visible &= -1 << first;
            final int inner = doubleVlanMode ? 1 : first;
            if (doubleVlanMode
                    && first == 0
                    && frame.tag(0) >>> 16 == vlanOffloads.outerStripping()) {
                metadata.tag2(frame.tag(0) & 0xFFFF);
                visible &= ~1;
            }
            if (vlanOffloads.innerStripping()
                    && inner < tags
                    && frame.tag(inner) >>> 16 == VlanOffloads.INNER_TPID) {
                metadata.tag1(frame.tag(inner) & 0xFFFF);
                visible &= ~(1 << inner);
            }
        }
        metadata.visibleTags(visible);
    }
}
