package dev.javf.iavf;

import dev.javf.packet.Counters;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * The settings of a VF. Setters return the context; {@link #conclude} checks what was set and must
 * come last.
 */
public final class VirtualFunctionContext {
    /** Queue pairs of a large VF, which not every PF gives; the others give 16 at most. */
    public static final int QUEUE_PAIRS_MAX = 256;

    /** Longest ring, in descriptors. */
    public static final int RING_LENGTH_MAX = 4096;

    /** Longest frame that Intel's devices take, less a tag and the frame check sequence. */
    public static final int FRAME_BYTES_MAX = 9720;

    /** Shortest longest frame. */
    static final int FRAME_BYTES_MIN = 60;

    /** The PF's counters are asked for once per second unless told otherwise. */
    public static final long STATISTICS_PERIOD_NS_DEFAULT = 1_000_000_000;

    /** A full Ethernet frame with one tag inside. */
    public static final int FRAME_BYTES_DEFAULT = 1518;

    /** Resets within a minute that are no storm yet. */
    public static final int RESETS_PER_MINUTE_DEFAULT = 32;

    /** The most that {@link #resetsPerMinute} may be. */
    public static final int RESETS_PER_MINUTE_MAX = 100_000;

    private @Nullable PciDevice device;
    private @Nullable QueueOwner queueOwner;
    private @Nullable PacketPool packetPool;
    private @Nullable MacAddress macAddress;
    private @Nullable ExchangeListener exchangeListener;
    private VirtualFunctionListener listener = new VirtualFunctionListener() {};
    private NanoClock nanoClock = SystemNanoClock.INSTANCE;
    private System.Logger logger = System.getLogger(VirtualFunction.class.getPackageName());
    private int queuePairs = 1;
    private Counters counters = Counters.PRIVATE;
    private int rxRingLength = RingLayout.RING_LENGTH_DEFAULT;
    private int txRingLength = RingLayout.RING_LENGTH_DEFAULT;
    private int maxFrameBytes = FRAME_BYTES_DEFAULT;
    private int messagesInFlight = VirtchnlChannel.IN_FLIGHT_DEFAULT;
    private boolean flexibleDescriptors;
    private boolean rxTimestamps;
    private VlanTags vlanTags = VlanTags.DEFAULT;
    private long statisticsPeriodNs = STATISTICS_PERIOD_NS_DEFAULT;
    private Timeouts timeouts = Timeouts.DEFAULTS;
    private @Nullable Path flightRecordFolder;
    private Executor flightRecordExecutor = task -> Thread.startVirtualThread(task);
    private int resetsPerMinute = RESETS_PER_MINUTE_DEFAULT;
    private boolean concluded;

    /** Settings with nothing but defaults. */
    public VirtualFunctionContext() {}

    /**
     * Checks the settings. They can't be changed afterwards, nor used for another VF.
     *
     * @return this.
     * @throws IllegalArgumentException when a setting is missing or out of its range.
     * @throws IllegalStateException when called twice.
     */
    public VirtualFunctionContext conclude() {
        if (concluded) {
            throw new IllegalStateException("this context is in use; make a new one");
        }
        ContextChecks.check(this, device, queueOwner, packetPool);
        concluded = true;
        return this;
    }

    private VirtualFunctionContext set(final Runnable setter) {
        if (concluded) {
            throw new IllegalStateException("this context is in use and can't be changed");
        }
        setter.run();
        return this;
    }

    /**
     * Sets the function to drive; it is closed with the VF.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext device(final PciDevice value) {
        return set(() -> device = value);
    }

    /** The function to drive; it is closed with the VF. */
    public PciDevice device() {
        return Objects.requireNonNull(device);
    }

    /**
     * Sets who polls the queues.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext queueOwner(final QueueOwner value) {
        return set(() -> queueOwner = value);
    }

    /** Who polls the queues. */
    public QueueOwner queueOwner() {
        return Objects.requireNonNull(queueOwner);
    }

    /**
     * Sets where the buffers come from; it belongs to the queue owner and must stay open until the
     * VF is closed.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext packetPool(final PacketPool value) {
        return set(() -> packetPool = value);
    }

    /**
     * Where the buffers come from; it belongs to the queue owner and must stay open until the VF is
     * closed.
     */
    public PacketPool packetPool() {
        return Objects.requireNonNull(packetPool);
    }

    /**
     * Sets the VF's own address; null takes the one that the PF assigns, or makes one up if it
     * assigns none.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext macAddress(final @Nullable MacAddress value) {
        return set(() -> macAddress = value);
    }

    /**
     * The VF's own address; null takes the one that the PF assigns, or makes one up if it assigns
     * none.
     */
    public @Nullable MacAddress macAddress() {
        return macAddress;
    }

    /**
     * Sets told what happens to the VF.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext listener(final VirtualFunctionListener value) {
        return set(() -> listener = value);
    }

    /** Told what happens to the VF. */
    public VirtualFunctionListener listener() {
        return listener;
    }

    /**
     * Sets told of every message; null for none, which costs nothing.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext exchangeListener(final @Nullable ExchangeListener value) {
        return set(() -> exchangeListener = value);
    }

    /** Told of every message; null for none, which costs nothing. */
    public @Nullable ExchangeListener exchangeListener() {
        return exchangeListener;
    }

    /**
     * Sets the time.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext nanoClock(final NanoClock value) {
        return set(() -> nanoClock = value);
    }

    /** The time. */
    public NanoClock nanoClock() {
        return nanoClock;
    }

    /**
     * Sets where lines for people go.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext logger(final System.Logger value) {
        return set(() -> logger = value);
    }

    /** Where lines for people go. */
    public System.Logger logger() {
        return logger;
    }

    /**
     * Sets where the counters of the driver and its queues are; in the process's own memory unless
     * set.
     *
     * @param value from where they go on when the VF is opened again.
     * @return this.
     */
    public VirtualFunctionContext counters(final Counters value) {
        counters = value;
        return this;
    }

    Counters counters() {
        return counters;
    }

    /**
     * Sets Rx and Tx queues, 1 to {@link #QUEUE_PAIRS_MAX}; fewer when the PF gives fewer.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext queuePairs(final int value) {
        return set(() -> queuePairs = value);
    }

    /** Rx and Tx queues, 1 to {@link #QUEUE_PAIRS_MAX}; fewer when the PF gives fewer. */
    public int queuePairs() {
        return queuePairs;
    }

    /**
     * Queue pairs that a VF opened like this has rings for: as many as it begins with, or 16. It
     * can be given as many while it is open.
     */
    public int queuePairsRoom() {
        return Math.max(queuePairs, Negotiated.QUEUE_PAIRS_OF_USUAL_VF);
    }

    /**
     * Sets descriptors of an Rx ring: 64 to {@link #RING_LENGTH_MAX}, a multiple of 32.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext rxRingLength(final int value) {
        return set(() -> rxRingLength = value);
    }

    /** Descriptors of an Rx ring: 64 to {@link #RING_LENGTH_MAX}, a multiple of 32. */
    public int rxRingLength() {
        return rxRingLength;
    }

    /**
     * Sets descriptors of a Tx ring: 64 to {@link #RING_LENGTH_MAX}, a multiple of 32.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext txRingLength(final int value) {
        return set(() -> txRingLength = value);
    }

    /** Descriptors of a Tx ring: 64 to {@link #RING_LENGTH_MAX}, a multiple of 32. */
    public int txRingLength() {
        return txRingLength;
    }

    /**
     * Sets longest frame in bytes, without frame check sequence and without the tag that travels in
     * the descriptor: 60 to {@link #FRAME_BYTES_MAX}, and no more than five buffers hold.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext maxFrameBytes(final int value) {
        return set(() -> maxFrameBytes = value);
    }

    /**
     * Longest frame in bytes, without frame check sequence and without the tag that travels in the
     * descriptor: 60 to {@link #FRAME_BYTES_MAX}, and no more than five buffers hold.
     */
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /**
     * Sets requests without answer that are fine, 1 to 32.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext messagesInFlight(final int value) {
        return set(() -> messagesInFlight = value);
    }

    /** Requests without answer that are fine, 1 to 32. */
    public int messagesInFlight() {
        return messagesInFlight;
    }

    /**
     * Sets whether receive descriptors are to be of the flexible format (RXDID 2), where the PF
     * offers it.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext flexibleDescriptors(final boolean value) {
        return set(() -> flexibleDescriptors = value);
    }

    /** Whether receive descriptors are to be of the flexible format (RXDID 2). */
    public boolean flexibleDescriptors() {
        return flexibleDescriptors;
    }

    /**
     * Sets whether packets are to come with the time of their arrival ({@link
     * dev.javf.packet.PacketVector#FLAG_TIMESTAMP}). Needs flexible descriptors, which are then
     * used.
     *
     * @param value what is wanted; what the PF doesn't grant is one of {@link
     *     VirtualFunction#differences}.
     * @return this.
     */
    public VirtualFunctionContext rxTimestamps(final boolean value) {
        return set(() -> rxTimestamps = value);
    }

    /** Whether packets are to come with the time of their arrival. */
    public boolean rxTimestamps() {
        return rxTimestamps;
    }

    /**
     * Sets which VLAN tags travel in descriptors and not in packets.
     *
     * @param value what is wanted; what the PF doesn't offer is one of {@link
     *     VirtualFunction#differences}.
     * @return this.
     */
    public VirtualFunctionContext vlanTags(final VlanTags value) {
        return set(() -> vlanTags = value);
    }

    /** Which VLAN tags travel in descriptors. */
    public VlanTags vlanTags() {
        return vlanTags;
    }

    /**
     * Sets how often the PF is asked for its counters, in nanoseconds: 10 ms or more; 0 is only
     * when {@link VirtualFunction#requestStatistics} is called.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext statisticsPeriodNs(final long value) {
        return set(() -> statisticsPeriodNs = value);
    }

    /** How often the PF is asked for its counters, in nanoseconds; 0 is never. */
    public long statisticsPeriodNs() {
        return statisticsPeriodNs;
    }

    /**
     * Sets how long to wait for what.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext timeouts(final Timeouts value) {
        return set(() -> timeouts = value);
    }

    /** How long to wait for what. */
    public Timeouts timeouts() {
        return timeouts;
    }

    /**
     * Sets how many resets there may be within a minute, 1 to {@link #RESETS_PER_MINUTE_MAX}; more
     * are a storm, with an alarm and a growing pause after each.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext resetsPerMinute(final int value) {
        return set(() -> resetsPerMinute = value);
    }

    /**
     * Sets where a file with the flight record goes when the VF fails or is lost; null for none,
     * which is the default. The newest 16 of each device stay.
     *
     * @param value the setting.
     * @return this.
     */
    public VirtualFunctionContext flightRecordFolder(final @Nullable Path value) {
        return set(() -> flightRecordFolder = value);
    }

    /** Where a file with the flight record goes when the VF fails or is lost. */
    public @Nullable Path flightRecordFolder() {
        return flightRecordFolder;
    }

    /**
     * Sets who writes flight records to files; a virtual thread each, unless told otherwise.
     *
     * @param value the setting; it must not block in {@code execute}.
     * @return this.
     */
    public VirtualFunctionContext flightRecordExecutor(final Executor value) {
        return set(() -> flightRecordExecutor = value);
    }

    /** Who writes flight records to files. */
    public Executor flightRecordExecutor() {
        return flightRecordExecutor;
    }

    /** How many resets there may be within a minute before pauses are made. */
    public int resetsPerMinute() {
        return resetsPerMinute;
    }
}
