package dev.javf.iavf;

import dev.javf.packet.Counters;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A virtual function, driven. What is asked of it becomes desired state: every request returns at
 * once, {@link #doWork} brings the PF there, and after any reset brings it there again. Only the
 * PF's answers count as done.
 *
 * <p>For the conductor thread, all of it; only {@link #counters}, {@link #traffic}, {@link
 * #pfStatistics} and {@link #flightRecorder} may be read by any thread. Nothing blocks.
 */
public final class VirtualFunction {
    private final Context context;
    private final VirtualFunctionDriver driver;
    private final Vlans vlans;

    private VirtualFunction(final Context context) {
        this.context = context;
        driver = new VirtualFunctionDriver(this, context);
        vlans = new Vlans(driver.desired().vlans());
    }

    /**
     * Opens a VF: it will be reset, because what a previous user left behind must not matter, and
     * then negotiated with, configured, and brought up if {@link #up} is called.
     *
     * @param context settings; {@link Context#conclude} is called on them.
     * @return the VF, which does its work in {@link #doWork}.
     * @throws IllegalArgumentException when a setting is missing or out of its range.
     */
    public static VirtualFunction open(final Context context) {
        context.conclude();
        final VirtualFunction virtualFunction = new VirtualFunction(context);
        virtualFunction.driver.open();
        return virtualFunction;
    }

    /**
     * The duty cycle.
     *
     * @param nowNs the time, as of {@link Context#nanoClock}.
     * @return how much there was to do; 0 is nothing.
     */
    public int doWork(final long nowNs) {
        return driver.doWork(nowNs);
    }

    /**
     * The duty cycle, at the time of the context's clock.
     *
     * @return how much there was to do; 0 is nothing.
     */
    public int doWork() {
        return driver.doWork(context.nanoClock().nanoTime());
    }

    /** Wants packets: the queues are to be running. */
    public void up() {
        driver.wantUp(true);
    }

    /** Wants no packets: the queues are to be stopped. Filters stay at the PF. */
    public void down() {
        driver.wantUp(false);
    }

    /**
     * Wants VLANs with EtherType 0x8100; {@link #vlans} has more.
     *
     * @param vlans which, at least one.
     * @param listener told once, from {@link #doWork}, when the PF has answered for every one.
     * @return the request's number.
     */
    public long addVlans(final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        return driver.desired().vlans().add(Ethernet.TPID_8021Q, vlans, listener);
    }

    /**
     * No longer wants VLANs with EtherType 0x8100; {@link #vlans} has more.
     *
     * @param vlans which, at least one.
     * @param listener told once, from {@link #doWork}, when the PF has answered for every one.
     * @return the request's number.
     */
    public long removeVlans(final VlanSet vlans, final Consumer<VlanRequestResult> listener) {
        return driver.desired().vlans().remove(Ethernet.TPID_8021Q, vlans, listener);
    }

    /** The VLANs. */
    public Vlans vlans() {
        return vlans;
    }

    /**
     * Wants frames for another address, unicast or multicast. Addresses are counted: what was added
     * twice stays until it was removed twice. They travel in batches of up to 510. A VF that isn't
     * trusted has at most 18, broadcast and its own included; what is beyond that is refused by the
     * PF, listed in {@link #differences}, and tried again when one is freed.
     *
     * @param address not zero.
     * @param listener told once the PF has answered for it.
     * @throws IllegalArgumentException for address zero.
     */
    public void addMac(final MacAddress address, final MacListener listener) {
        driver.desired().macs().add(address, listener);
    }

    /**
     * No longer wants frames for an address.
     *
     * @param address as added before.
     * @param listener told once the PF has answered for it.
     */
    public void removeMac(final MacAddress address, final MacListener listener) {
        driver.desired().macs().remove(address, listener);
    }

    /**
     * Wants another address as the VF's own, also while it is up. The PF gets the new one before
     * the old one is taken away; if it refuses the new one, the old one stays and the new one is in
     * {@link #differences}. A VF that isn't trusted keeps an address that its host has set.
     *
     * @param address unicast and not zero; null to follow the host's choice from now on, beginning
     *     with the address that is used now.
     * @throws IllegalArgumentException for an address that can't be a VF's own.
     */
    public void macAddress(final @Nullable MacAddress address) {
        ContextChecks.ownAddress(address);
        driver.desired().ownAddress().want(address);
    }

    /**
     * Wants frames for addresses that are not asked for one by one. A PF answers SUCCESS to a VF
     * that isn't trusted, and does nothing; where the VF can tell, {@link #differences} says so.
     *
     * @param unicast for any unicast address.
     * @param multicast for any multicast address.
     */
    public void promiscuous(final boolean unicast, final boolean multicast) {
        driver.desired().promiscuity().want(unicast, multicast);
    }

    /** Receive-side scaling: which queue a packet arrives in. */
    public ReceiveSideScaling rss() {
        return driver.desired().rss();
    }

    /**
     * Wants another longest frame. If the VF is up, its queues are stopped and started again, which
     * takes a few messages; addresses, VLANs and all else stay at the PF. What is longer than the
     * PF takes is cut to that and listed in {@link #differences}.
     *
     * @param bytes without frame check sequence and without the tag that travels in the descriptor:
     *     60 to {@link Context#FRAME_BYTES_MAX}, and no more than five buffers of the pool hold,
     *     for a frame is received in one buffer.
     * @throws IllegalArgumentException for anything else, naming the limit and what helps.
     */
    public void maxFrameBytes(final int bytes) {
        ContextChecks.frameBytes(bytes, context.packetPool());
        driver.desired().shaping().frameBytes(bytes);
    }

    /** The longest frame that is wanted. */
    public int maxFrameBytes() {
        return driver.desired().shaping().frameBytesWanted();
    }

    /**
     * Wants another number of queue pairs. If the VF is up, its queues are stopped and started
     * again. If it has fewer, the PF is asked for them, and grants them by resetting the VF; what
     * it doesn't grant is listed in {@link #differences}, and it is asked again after every reset.
     *
     * @param count 1 to {@link Context#QUEUE_PAIRS_MAX}, and no more than the pool has buffers for.
     * @throws IllegalArgumentException for anything else, naming the limit and what helps.
     */
    public void queuePairs(final int count) {
        ContextChecks.queuePairs(count, context.rxRingLength(), context.packetPool());
        driver.desired().shaping().pairs(count);
    }

    /** The number of queue pairs that is wanted; {@link #queues} has those that are in use. */
    public int queuePairs() {
        return driver.desired().shaping().pairsWanted();
    }

    /**
     * Wants receive descriptors of the flexible format with the NIC profile (RXDID 2), or of the
     * legacy one. If the VF is up, its queues are stopped and started again. A PF that doesn't
     * offer it leaves the legacy format, and {@link #differences} says so.
     *
     * @param wanted true for the flexible format.
     */
    public void flexibleDescriptors(final boolean wanted) {
        driver.desired().shaping().flexible(wanted);
    }

    /**
     * Whether the PF has answered for everything that is asked of the VF, and the queues run if
     * they are wanted to: what is missing now is in {@link #differences}.
     *
     * @return false during a reset, and while anything is in flight or to be sent.
     */
    public boolean isSettled() {
        return driver.isSettled();
    }

    /**
     * What the PF holds otherwise than is asked for, oldest first. A difference goes away by itself
     * when it is resolved.
     *
     * @return a snapshot.
     */
    public List<Difference> differences() {
        return driver.desired().differences().list();
    }

    /**
     * Asks the PF for its counters now, beside the period of {@link Context#statisticsPeriodNs};
     * {@link #pfStatistics} and {@link VirtualFunctionListener#onStatistics} get them.
     */
    public void requestStatistics() {
        driver.desired().statisticsProgram().request();
    }

    /** The PF's counters, as of its last answer, added up over all resets. Any thread. */
    public PfStatistics pfStatistics() {
        return driver.desired().statistics();
    }

    /** What the queues have counted since the VF was opened. Any thread. */
    public TrafficCounters traffic() {
        return driver.desired().traffic();
    }

    /**
     * Lets go of the VF, in order: queues back and disabled, VF reset, mailbox shut down, buffers
     * back to their pool, memory unmapped, device closed. {@link #isClosed} says when that is done;
     * until then {@link #doWork} must be called.
     */
    public void close() {
        driver.wantClosed();
    }

    /** Whether everything has been let go; nothing more will happen. */
    public boolean isClosed() {
        return driver.lifecycle().state() == LifecycleState.CLOSED;
    }

    /** The device's name. */
    public String name() {
        return context.device().name();
    }

    /** The state now. */
    public LifecycleState state() {
        return driver.lifecycle().state();
    }

    /** The state with its history of violations. */
    public Lifecycle lifecycle() {
        return driver.lifecycle();
    }

    /** Why a reset was needed last; empty when none was. */
    public String failure() {
        return driver.failure();
    }

    /** Whether frames can pass, as the PF last said. */
    public boolean isLinkUp() {
        return driver.isLinkUp();
    }

    /** Megabits per second, as the PF last said; 0 is unknown. */
    public int linkSpeedMbps() {
        return driver.linkSpeedMbps();
    }

    /** The VF's own address; null before the first negotiation. */
    public @Nullable MacAddress macAddress() {
        return driver.desired().macs().own();
    }

    /** Addresses that the PF has confirmed, own address included. */
    public List<MacAddress> acknowledgedMacs() {
        return driver.desired().macs().present();
    }

    /** What the PF granted last; null before the first negotiation. */
    public @Nullable Negotiated negotiated() {
        return driver.negotiated();
    }

    /** The queues; null before the first negotiation and after closing. */
    public @Nullable QueueSet queues() {
        return driver.queues();
    }

    /** What the driver has counted. Any thread. */
    public DriverCounters counters() {
        return driver.counters();
    }

    /** What happened last, for any thread to look at, now or after the VF is closed. */
    public FlightRecorder flightRecorder() {
        return driver.flightRecorder();
    }

    /**
     * The settings of a VF. Setters return the context; {@link #conclude} checks what was set and
     * must come last.
     */
    public static final class Context {
        /** Queue pairs that one message can enable on every PF. */
        public static final int QUEUE_PAIRS_MAX = 16;

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
        private long statisticsPeriodNs = STATISTICS_PERIOD_NS_DEFAULT;
        private Timeouts timeouts = Timeouts.DEFAULTS;
        private @Nullable Path flightRecordFolder;
        private Executor flightRecordExecutor = task -> Thread.startVirtualThread(task);
        private int resetsPerMinute = RESETS_PER_MINUTE_DEFAULT;
        private boolean concluded;

        /** Settings with nothing but defaults. */
        public Context() {}

        /**
         * Checks the settings. They can't be changed afterwards, nor used for another VF.
         *
         * @return this.
         * @throws IllegalArgumentException when a setting is missing or out of its range.
         * @throws IllegalStateException when called twice.
         */
        public Context conclude() {
            if (concluded) {
                throw new IllegalStateException("this context is in use; make a new one");
            }
            ContextChecks.check(this, device, queueOwner, packetPool);
            concluded = true;
            return this;
        }

        private Context set(final Runnable setter) {
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
        public Context device(final PciDevice value) {
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
        public Context queueOwner(final QueueOwner value) {
            return set(() -> queueOwner = value);
        }

        /** Who polls the queues. */
        public QueueOwner queueOwner() {
            return Objects.requireNonNull(queueOwner);
        }

        /**
         * Sets where the buffers come from; it belongs to the queue owner and must stay open until
         * the VF is closed.
         *
         * @param value the setting.
         * @return this.
         */
        public Context packetPool(final PacketPool value) {
            return set(() -> packetPool = value);
        }

        /**
         * Where the buffers come from; it belongs to the queue owner and must stay open until the
         * VF is closed.
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
        public Context macAddress(final @Nullable MacAddress value) {
            return set(() -> macAddress = value);
        }

        /**
         * The VF's own address; null takes the one that the PF assigns, or makes one up if it
         * assigns none.
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
        public Context listener(final VirtualFunctionListener value) {
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
        public Context exchangeListener(final @Nullable ExchangeListener value) {
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
        public Context nanoClock(final NanoClock value) {
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
        public Context logger(final System.Logger value) {
            return set(() -> logger = value);
        }

        /** Where lines for people go. */
        public System.Logger logger() {
            return logger;
        }

        /**
         * Sets where the counters of the driver and its queues are; in the process's own memory
         * unless set.
         *
         * @param value from where they go on when the VF is opened again.
         * @return this.
         */
        public Context counters(final Counters value) {
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
        public Context queuePairs(final int value) {
            return set(() -> queuePairs = value);
        }

        /** Rx and Tx queues, 1 to {@link #QUEUE_PAIRS_MAX}; fewer when the PF gives fewer. */
        public int queuePairs() {
            return queuePairs;
        }

        /**
         * Sets descriptors of an Rx ring: 64 to {@link #RING_LENGTH_MAX}, a multiple of 32.
         *
         * @param value the setting.
         * @return this.
         */
        public Context rxRingLength(final int value) {
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
        public Context txRingLength(final int value) {
            return set(() -> txRingLength = value);
        }

        /** Descriptors of a Tx ring: 64 to {@link #RING_LENGTH_MAX}, a multiple of 32. */
        public int txRingLength() {
            return txRingLength;
        }

        /**
         * Sets longest frame in bytes, without frame check sequence and without the tag that
         * travels in the descriptor: 60 to {@link #FRAME_BYTES_MAX}, and no more than five buffers
         * hold.
         *
         * @param value the setting.
         * @return this.
         */
        public Context maxFrameBytes(final int value) {
            return set(() -> maxFrameBytes = value);
        }

        /**
         * Longest frame in bytes, without frame check sequence and without the tag that travels in
         * the descriptor: 60 to {@link #FRAME_BYTES_MAX}, and no more than five buffers hold.
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
        public Context messagesInFlight(final int value) {
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
        public Context flexibleDescriptors(final boolean value) {
            return set(() -> flexibleDescriptors = value);
        }

        /** Whether receive descriptors are to be of the flexible format (RXDID 2). */
        public boolean flexibleDescriptors() {
            return flexibleDescriptors;
        }

        /**
         * Sets how often the PF is asked for its counters, in nanoseconds: 10 ms or more; 0 is only
         * when {@link VirtualFunction#requestStatistics} is called.
         *
         * @param value the setting.
         * @return this.
         */
        public Context statisticsPeriodNs(final long value) {
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
        public Context timeouts(final Timeouts value) {
            return set(() -> timeouts = value);
        }

        /** How long to wait for what. */
        public Timeouts timeouts() {
            return timeouts;
        }

        /**
         * Sets how many resets there may be within a minute, 1 to {@link #RESETS_PER_MINUTE_MAX};
         * more are a storm, with an alarm and a growing pause after each.
         *
         * @param value the setting.
         * @return this.
         */
        public Context resetsPerMinute(final int value) {
            return set(() -> resetsPerMinute = value);
        }

        /**
         * Sets where a file with the flight record goes when the VF fails or is lost; null for
         * none, which is the default. The newest 16 of each device stay.
         *
         * @param value the setting.
         * @return this.
         */
        public Context flightRecordFolder(final @Nullable Path value) {
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
        public Context flightRecordExecutor(final Executor value) {
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
}
