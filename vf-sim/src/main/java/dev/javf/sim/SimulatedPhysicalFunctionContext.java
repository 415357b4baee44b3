package dev.javf.sim;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.Capability;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SimulatedPhysicalFunction} is made from. Every setting has a default; {@link
 * #conclude} checks them and fills in what follows from others.
 */
public final class SimulatedPhysicalFunctionContext {
    /** VFs that a PF has at most, as an E810. */
    public static final int MAX_VIRTUAL_FUNCTIONS = 256;

    /** The highest number of a PF. */
    public static final int MAX_INDEX = 999;

    /** Queue pairs that a VF has at most, unless the PF has large VFs. */
    public static final int MAX_QUEUE_PAIRS = ResourceOperations.QUEUE_PAIRS;

    /** Queue pairs that a large VF has at most. */
    public static final int MAX_LARGE_QUEUE_PAIRS = VfQueues.MAX_QUEUE_PAIRS;

    /** MSI-X vectors that ice gives to a VF: the first number that fits. */
    private static final int[] VECTOR_CHOICES = {65, 17, 5, 3, 2};

    /** The same for the out-of-tree driver. */
    private static final int[] OUT_OF_TREE_VECTOR_CHOICES = {65, 33, 17, 5, 3, 2};

    private static final int MAX_RSS_KEY_BYTES = RssHash.KEY_BYTES;
    private static final int MIN_FRAME_BYTES = 1522;

    private int index;
    private PfMode mode = PfMode.ICE_V2_SVM;
    private @Nullable Boolean outOfTree;
    private int virtualFunctions = 2;
    private int queuePairsPerVf;
    private int maxQueuePairsPerVf = MAX_QUEUE_PAIRS;
    private int rssLutEntries;
    private int vectorsPerVf;
    private int totalVectors = 1920;
    private int totalQueuePairs = 2048;
    private int maxFrameBytes = VfQueues.MAX_FRAME_BYTES;
    private int linkSpeedMbps = 100_000;
    private @Nullable MacAddress firstMac;
    private boolean vfVlanPruning;
    private boolean vfTruePromiscuous;
    private int capabilities =
            Capability.flags(
                    Capability.L2,
                    Capability.VLAN,
                    Capability.VLAN_V2,
                    Capability.RSS_PF,
                    Capability.RX_POLLING,
                    Capability.WB_ON_ITR,
                    Capability.REQ_QUEUES,
                    Capability.RX_FLEX_DESC,
                    Capability.CRC,
                    Capability.ENCAP,
                    Capability.ENCAP_CSUM,
                    Capability.ADV_LINK_SPEED,
                    Capability.PTP);
    private SimulatedDelays delays = SimulatedDelays.TYPICAL;
    private FaultPlan faultPlan = FaultPlan.NONE;
    private SimulationObserver observer = SimulationObserver.NONE;
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;

    /** A context with all defaults. */
    public SimulatedPhysicalFunctionContext() {}

    /**
     * Checks the settings.
     *
     * @return this.
     * @throws IllegalArgumentException naming the first setting that is out of its range.
     */
    public SimulatedPhysicalFunctionContext conclude() {
        check("index", index, 0, MAX_INDEX);
        check("virtualFunctions", virtualFunctions, 1, MAX_VIRTUAL_FUNCTIONS);
        check("totalQueuePairs", totalQueuePairs, virtualFunctions, Integer.MAX_VALUE);
        check("totalVectors", totalVectors, 2 * virtualFunctions, Integer.MAX_VALUE);
        check("maxFrameBytes", maxFrameBytes, MIN_FRAME_BYTES, VfQueues.MAX_FRAME_BYTES);
        check("linkSpeedMbps", linkSpeedMbps, 1, Integer.MAX_VALUE);
        if (vectorsPerVf == 0) {
            vectorsPerVf = fittingVectors();
        }
        check("vectorsPerVf", vectorsPerVf, 2, QueueInterrupts.MAX_VECTORS);
        if (queuePairsPerVf == 0) {
            queuePairsPerVf = fittingQueuePairs();
        }
        check(
                mode.isI40e() ? "an i40e PF's maxQueuePairsPerVf" : "maxQueuePairsPerVf",
                maxQueuePairsPerVf,
                MAX_QUEUE_PAIRS,
                mode.isI40e() ? MAX_QUEUE_PAIRS : MAX_LARGE_QUEUE_PAIRS);
        check("queuePairsPerVf", queuePairsPerVf, 1, maxQueuePairsPerVf);
        if (rssLutEntries == 0) {
            rssLutEntries = fittingLutEntries();
        }
        RssHash.queuesOf(rssLutEntries);
        check(
                "queuePairsPerVf times virtualFunctions",
                queuePairsPerVf * virtualFunctions,
                1,
                totalQueuePairs);
        return this;
    }

    private int fittingVectors() {
        final int fair = totalVectors / virtualFunctions;
        for (final int choice : outOfTree() ? OUT_OF_TREE_VECTOR_CHOICES : VECTOR_CHOICES) {
            if (choice <= fair) {
                return choice;
            }
        }
        return 2;
    }

    /** One for each vector but the mailbox's; a power of two when there aren't enough queues. */
    private int fittingQueuePairs() {
        final int wanted = Math.min(vectorsPerVf - 1, MAX_QUEUE_PAIRS);
        final int fair = totalQueuePairs / virtualFunctions;
        return wanted <= fair ? wanted : Integer.highestOneBit(fair);
    }

    /** The table that ice would give the VFs: the shortest that spreads over all their queues. */
    private int fittingLutEntries() {
        if (maxQueuePairsPerVf <= RssHash.queuesOf(RssHash.TABLE_ENTRIES)) {
            return RssHash.TABLE_ENTRIES;
        }
        return maxQueuePairsPerVf <= RssHash.queuesOf(RssHash.GLOBAL_TABLE_ENTRIES)
                ? RssHash.GLOBAL_TABLE_ENTRIES
                : RssHash.PF_TABLE_ENTRIES;
    }

    private static void check(
            final String setting, final int value, final int least, final int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    setting + " " + value + ", expected " + least + " to " + most);
        }
    }

    /** {@code sim:PF}; its VFs are {@code sim:PF/VF}. */
    public String name() {
        return "sim:" + index;
    }

    /** Number of the PF. */
    public int index() {
        return index;
    }

    /**
     * Sets the number of the PF.
     *
     * @param newIndex 0 to {@link #MAX_INDEX}.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext index(final int newIndex) {
        index = newIndex;
        return this;
    }

    /** Which PF driver the model is. */
    public PfMode mode() {
        return mode;
    }

    /**
     * Sets which PF driver the model is.
     *
     * @param newMode as far as VLANs go.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext mode(final PfMode newMode) {
        mode = newMode;
        return this;
    }

    /** Whether the rules of Intel's out-of-tree driver hold where they differ from the kernel's. */
    public boolean outOfTree() {
        return outOfTree == null ? mode.isOutOfTree() : outOfTree;
    }

    /**
     * Sets whether the rules of Intel's out-of-tree driver hold: deleting more VLANs in one message
     * than there are is refused, and a spoof-checked VF may send no VLAN that it hasn't added, not
     * even while it has added none.
     *
     * @param isOutOfTree instead of what the mode says.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext outOfTree(final boolean isOutOfTree) {
        outOfTree = isOutOfTree;
        return this;
    }

    /** Number of VFs. */
    public int virtualFunctions() {
        return virtualFunctions;
    }

    /**
     * Sets the number of VFs.
     *
     * @param count 1 to {@link #MAX_VIRTUAL_FUNCTIONS}.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext virtualFunctions(final int count) {
        virtualFunctions = count;
        return this;
    }

    /** Queue pairs that each VF starts with. */
    public int queuePairsPerVf() {
        return queuePairsPerVf;
    }

    /**
     * Sets the queue pairs that each VF starts with.
     *
     * @param count 1 to {@link #maxQueuePairsPerVf}; 0 for as many as it has vectors for, but no
     *     more than {@link #MAX_QUEUE_PAIRS}.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext queuePairsPerVf(final int count) {
        queuePairsPerVf = count;
        return this;
    }

    /** The most queue pairs that a VF can ask for. */
    public int maxQueuePairsPerVf() {
        return maxQueuePairsPerVf;
    }

    /**
     * Sets the most queue pairs that a VF can ask for. With more than {@link #MAX_QUEUE_PAIRS} the
     * PF has large VFs: it offers LARGE_NUM_QPAIRS and knows the messages that go with it.
     *
     * @param count {@link #MAX_QUEUE_PAIRS} to {@link #MAX_LARGE_QUEUE_PAIRS}; no i40e PF takes
     *     more than the former.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext maxQueuePairsPerVf(final int count) {
        maxQueuePairsPerVf = count;
        return this;
    }

    boolean hasLargeVfs() {
        return maxQueuePairsPerVf > MAX_QUEUE_PAIRS;
    }

    /** MSI-X vectors of each VF. */
    public int vectorsPerVf() {
        return vectorsPerVf;
    }

    /**
     * Sets the MSI-X vectors of each VF.
     *
     * @param count 2 to 65; 0 for what ice would choose: 65, 17, 5, 3 or 2.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext vectorsPerVf(final int count) {
        vectorsPerVf = count;
        return this;
    }

    /**
     * Sets the MSI-X vectors that the PF has for all VFs together.
     *
     * @param count at least 2 for each VF.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext totalVectors(final int count) {
        totalVectors = count;
        return this;
    }

    /** Queue pairs that the PF has for all VFs together. */
    public int totalQueuePairs() {
        return totalQueuePairs;
    }

    /**
     * Sets the queue pairs that the PF has for all VFs together.
     *
     * @param count at least 1 for each VF.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext totalQueuePairs(final int count) {
        totalQueuePairs = count;
        return this;
    }

    /** The longest frame of the port. */
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /**
     * Sets the longest frame of the port.
     *
     * @param bytes 1522 to 9728.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext maxFrameBytes(final int bytes) {
        maxFrameBytes = bytes;
        return this;
    }

    /** Speed of the port, in Mb/s. */
    public int linkSpeedMbps() {
        return linkSpeedMbps;
    }

    /**
     * Sets the speed of the port.
     *
     * @param mbps in Mb/s.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext linkSpeedMbps(final int mbps) {
        linkSpeedMbps = mbps;
        return this;
    }

    /** Length of the RSS key that GET_VF_RESOURCES tells, in bytes. */
    public int rssKeyBytes() {
        return MAX_RSS_KEY_BYTES;
    }

    /** Length of the RSS table that GET_VF_RESOURCES tells. */
    public int rssLutEntries() {
        return rssLutEntries;
    }

    /**
     * Sets the length of the RSS table.
     *
     * @param entries 64, which spreads over 16 queues, 512 over 64 or 2048 over 256; 0 for the
     *     shortest that spreads over {@link #maxQueuePairsPerVf}.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext rssLutEntries(final int entries) {
        rssLutEntries = entries;
        return this;
    }

    /** Address that a VF is given at first: zero, unless {@link #firstMac} is set. */
    MacAddress assignedMac(final int virtualFunction) {
        return firstMac == null
                ? MacAddress.ZERO
                : new MacAddress(firstMac.value() + virtualFunction);
    }

    /**
     * Gives each VF an address, as the host's administrator may do before the VFs are used.
     *
     * @param mac of VF 0, unicast; the others get the following ones. Null for none: each VF then
     *     invents its own.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext firstMac(final @Nullable MacAddress mac) {
        firstMac = mac;
        return this;
    }

    /** Whether what VFs receive is pruned to their VLANs, at first. */
    public boolean vfVlanPruning() {
        return vfVlanPruning;
    }

    /**
     * Sets private flag vf-vlan-pruning.
     *
     * @param isOn at first.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext vfVlanPruning(final boolean isOn) {
        vfVlanPruning = isOn;
        return this;
    }

    /** Whether a promiscuous VF gets all unicast frames, at first. */
    public boolean vfTruePromiscuous() {
        return vfTruePromiscuous;
    }

    /**
     * Sets private flag vf-true-promisc-support.
     *
     * @param isOn at first.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext vfTruePromiscuous(final boolean isOn) {
        vfTruePromiscuous = isOn;
        return this;
    }

    /** Capabilities that the PF can grant: flags of {@link Capability}. */
    public int capabilities() {
        return hasLargeVfs() ? capabilities | Capability.LARGE_NUM_QPAIRS.mask() : capabilities;
    }

    /**
     * Sets the capabilities that the PF can grant.
     *
     * @param flags of {@link Capability}; what the model can't do is not done by granting it.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext capabilities(final int flags) {
        capabilities = flags;
        return this;
    }

    /** How long things take. */
    public SimulatedDelays delays() {
        return delays;
    }

    /**
     * Sets how long things take.
     *
     * @param newDelays may be zero.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext delays(final SimulatedDelays newDelays) {
        delays = newDelays;
        return this;
    }

    /** What goes wrong. */
    public FaultPlan faultPlan() {
        return faultPlan;
    }

    /**
     * Sets what goes wrong.
     *
     * @param plan decides.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext faultPlan(final FaultPlan plan) {
        faultPlan = plan;
        return this;
    }

    /** Who sees what passes between the PF and its VFs. */
    public SimulationObserver observer() {
        return observer;
    }

    /**
     * Sets who sees what passes between the PF and its VFs.
     *
     * @param newObserver is called on the model's thread.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext observer(final SimulationObserver newObserver) {
        observer = newObserver;
        return this;
    }

    /** The clock of {@link SimulatedPhysicalFunction#doWork()}. */
    public NanoClock nanoClock() {
        return nanoClock;
    }

    /**
     * Sets the clock of {@link SimulatedPhysicalFunction#doWork()}.
     *
     * @param clock in nanoseconds, from any origin.
     * @return this.
     */
    public SimulatedPhysicalFunctionContext nanoClock(final NanoClock clock) {
        nanoClock = clock;
        return this;
    }
}
