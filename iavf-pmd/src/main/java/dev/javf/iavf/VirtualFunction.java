package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.List;
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
    private final VirtualFunctionContext context;
    private final VirtualFunctionDriver driver;
    private final Vlans vlans;

    private VirtualFunction(final VirtualFunctionContext context) {
        this.context = context;
        driver = new VirtualFunctionDriver(this, context);
        vlans = new Vlans(driver.desired().vlans());
    }

    /**
     * Opens a VF: it will be reset, because what a previous user left behind must not matter, and
     * then negotiated with, configured, and brought up if {@link #up} is called.
     *
     * @param context settings; {@link VirtualFunctionContext#conclude} is called on them.
     * @return the VF, which does its work in {@link #doWork}.
     * @throws IllegalArgumentException when a setting is missing or out of its range.
     */
    public static VirtualFunction open(final VirtualFunctionContext context) {
        context.conclude();
        final VirtualFunction virtualFunction = new VirtualFunction(context);
        virtualFunction.driver.open();
        return virtualFunction;
    }

    /**
     * The duty cycle.
     *
     * @param nowNs the time, as of {@link VirtualFunctionContext#nanoClock}.
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
     *     60 to {@link VirtualFunctionContext#FRAME_BYTES_MAX}, and no more than five buffers of
     *     the pool hold, for a frame is received in one buffer.
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
     * @param count 1 to {@link VirtualFunctionContext#queuePairsRoom}, and no more than the pool
     *     has buffers for.
     * @throws IllegalArgumentException for anything else, naming the limit and what helps.
     */
    public void queuePairs(final int count) {
        ContextChecks.queuePairs(count, context, context.packetPool());
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
     * Asks the PF for its counters now, beside the period of {@link
     * VirtualFunctionContext#statisticsPeriodNs}; {@link #pfStatistics} and {@link
     * VirtualFunctionListener#onStatistics} get them.
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
}
