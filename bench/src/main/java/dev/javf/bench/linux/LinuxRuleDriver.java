package dev.javf.bench.linux;

import dev.javf.iavf.AdminQueue;
import dev.javf.iavf.QueueOwner;
import dev.javf.iavf.QueueSet;
import dev.javf.iavf.QueueShape;
import dev.javf.iavf.Registers;
import dev.javf.iavf.RingLayout;
import dev.javf.iavf.VlanTagLocation;
import dev.javf.packet.MacAddress;
import dev.javf.packet.PacketPool;
import dev.javf.vfio.PciDevice;
import dev.javf.virtchnl.Capability;
import dev.javf.virtchnl.Direction;
import dev.javf.virtchnl.Event;
import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.MessageDecoder;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VersionInfo;
import dev.javf.virtchnl.VfResources;
import dev.javf.virtchnl.VfResourcesRequest;
import dev.javf.virtchnl.VlanSet;
import dev.javf.virtchnl.VlanV2Capabilities;

import org.jspecify.annotations.Nullable;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The rules of Linux' iavf driver of before 2026, as they were published, for everything that has
 * to do with VLAN filters: one message in flight, one command for each run of a watchdog that
 * sleeps for 20 ms or 2 s, all filters deleted and added again when the device goes down and up,
 * filters forgotten before the PF has confirmed, and the sleeps of the reset task. What it does not
 * have: receive-side scaling, PTP, quality of service and multicast lists, whose messages would
 * only make it slower; a transmit watchdog; a vector for each queue.
 *
 * <p>Its mailbox interrupt is a look at the mailbox in every duty cycle. For one thread.
 */
public final class LinuxRuleDriver implements AdminQueue.Receiver {
    private static final int CAPABILITIES =
            Capability.flags(
                    Capability.L2,
                    Capability.VLAN,
                    Capability.VLAN_V2,
                    Capability.WB_ON_ITR,
                    Capability.ADV_LINK_SPEED,
                    Capability.RX_FLEX_DESC);

    private static final Set<LinuxCommand> KEPT_WHEN_DOWN = EnumSet.of(LinuxCommand.GET_CONFIG);

    /** Forgotten when the device goes down; what else was pending is taken up again afterwards. */
    private static final Set<LinuxCommand> FORGOTTEN_WHEN_DOWN =
            EnumSet.of(
                    LinuxCommand.GET_CONFIG,
                    LinuxCommand.ENABLE_QUEUES,
                    LinuxCommand.CONFIGURE_QUEUES,
                    LinuxCommand.ADD_VLAN,
                    LinuxCommand.ADD_MAC);

    /** WB_ON_ITR, an interval of 2 us for ITR 0: instead of interrupts, which nobody waits for. */
    private static final int WRITE_BACK_ON_ITR = Registers.DYN_CTLN_WB_ON_ITR | 1 << 5;

    private static final int FRAME_BYTES_MAX = 1518;
    private static final int TX_RING_LENGTH = 256;

    /** Locally administered; the last byte comes from the device's name. */
    private static final long OWN_MAC = 0x02_4c_49_4e_55_00L;

    private final PciDevice device;
    private final QueueOwner owner;
    private final Registers registers;
    private final AdminQueue mailbox;
    private final QueueSet queues;
    private final LinuxVlanFilters filters = new LinuxVlanFilters();
    private final LinuxResetTask resetTask;
    private final Set<LinuxCommand> required = EnumSet.noneOf(LinuxCommand.class);
    private final Set<LinuxCommand> toRestore = EnumSet.noneOf(LinuxCommand.class);
    private final MacAddress inventedMac;
    private LinuxState state = LinuxState.STARTUP;
    private LinuxState lastState = LinuxState.STARTUP;
    private Opcode current = Opcode.UNKNOWN;
    private LinuxMessages messages = new LinuxMessages(nothing(), VlanV2Capabilities.NONE);
    private boolean hasAnswer;
    private boolean areQueuesDisabled = true;
    private boolean areQueuesReady;
    private boolean isLinkUp;
    private boolean isRemoved;
    private long nowNs;
    private long watchdogNs = Long.MIN_VALUE;
    private long closeDeadlineNs;
    private long removeNs;
    private int capabilityStep;
    private long vlanMessages;

    /**
     * Takes a device and starts to probe it.
     *
     * @param device the function; closed by {@link #remove}.
     * @param owner polls the queues.
     * @param pool the owner's packets.
     */
    public LinuxRuleDriver(final PciDevice device, final QueueOwner owner, final PacketPool pool) {
        this.device = device;
        this.owner = owner;
        registers = new Registers(device.bar(Registers.BAR));
        mailbox = new AdminQueue(device, registers);
        queues =
                QueueSet.create(
                        device,
                        registers,
                        pool,
                        new RingLayout(
                                LinuxMessages.QUEUE_PAIRS_MAX,
                                RingLayout.RING_LENGTH_MIN,
                                TX_RING_LENGTH));
        queues.shape(
                new QueueShape(
                        LinuxMessages.QUEUE_PAIRS_MAX, FRAME_BYTES_MAX, false, false, false));
        resetTask = new LinuxResetTask(registers);
        inventedMac = new MacAddress(OWN_MAC + (device.name().hashCode() & 0xFF));
    }

    private static VfResources nothing() {
        return new VfResources(
                0,
                0,
                0,
                0,
                0,
                0,
                List.of(new VfResources.Vsi(0, 0, VfResources.Vsi.TYPE_SRIOV, MacAddress.ZERO)));
    }

    /**
     * The duty cycle.
     *
     * @param timeNs now; never less than before.
     * @return how much was done.
     */
    public int doWork(final long timeNs) {
        nowNs = timeNs;
        if (state == LinuxState.REMOVED) {
            return finishRemoval();
        }
        int work = mailbox.poll(this);
        if (state == LinuxState.DOWN_PENDING && nowNs >= closeDeadlineNs) {
            endClose();
        }
        if (resetTask.isRunning()) {
            final LinuxResetTask.Progress progress = resetTask.poll(nowNs);
            if (progress != LinuxResetTask.Progress.WAITING) {
                rebuild(progress == LinuxResetTask.Progress.ACTIVE);
                work++;
            }
        } else if (nowNs >= watchdogNs) {
            runWatchdog();
            work++;
        }
        return work;
    }

    private void runWatchdog() {
        if (state.isProbed()) {
            runProbed();
        } else {
            probe();
        }
    }

    private void again(final long delayNs) {
        watchdogNs = nowNs + delayNs;
    }

    // Probe: one step for each run of the watchdog, and an answer that isn't there costs a second.

    private void probe() {
        switch (state) {
            case STARTUP -> startUp();
            case INIT_VERSION_CHECK -> {
                if (takeAnswer(Opcode.VERSION)) {
                    send(Opcode.GET_VF_RESOURCES, new VfResourcesRequest(CAPABILITIES));
                    next(LinuxState.INIT_GET_RESOURCES, LinuxTimings.PROBE_NS);
                }
            }
            case INIT_GET_RESOURCES -> {
                if (takeAnswer(Opcode.GET_VF_RESOURCES)) {
                    capabilityStep = 0;
                    next(LinuxState.INIT_EXTENDED_CAPS, LinuxTimings.CAPABILITY_NS);
                }
            }
            case INIT_EXTENDED_CAPS -> probeCapability();
            default -> next(lastState, LinuxTimings.CAPABILITY_NS);
        }
    }

    private void startUp() {
        final int status = registers.read(Registers.VFGEN_RSTAT);
        final boolean isReady =
                status != Registers.IN_RESET
                        && ((status & Registers.RSTAT_MASK) == Registers.RSTAT_COMPLETED
                                || (status & Registers.RSTAT_MASK) == Registers.RSTAT_VF_ACTIVE);
        if (!isReady) {
            again(LinuxTimings.STATUS_POLL_NS);
            return;
        }
        device.config().enableBusMaster();
        mailbox.stop();
        if (!mailbox.start()) {
            again(LinuxTimings.STATUS_POLL_NS);
            return;
        }
        send(Opcode.VERSION, VersionInfo.VERSION_1_1);
        next(LinuxState.INIT_VERSION_CHECK, LinuxTimings.PROBE_NS);
    }

    /** Looks for an answer once; without it the request is repeated and a second passes. */
    private boolean takeAnswer(final Opcode opcode) {
        final boolean isThere = hasAnswer;
        hasAnswer = false;
        if (!isThere) {
            resend(opcode);
            lastState = state;
            next(LinuxState.INIT_FAILED, LinuxTimings.FAILED_NS);
        }
        return isThere;
    }

    private void resend(final Opcode opcode) {
        switch (opcode) {
            case VERSION -> send(opcode, VersionInfo.VERSION_1_1);
            case GET_VF_RESOURCES -> send(opcode, new VfResourcesRequest(CAPABILITIES));
            default -> send(opcode, null);
        }
    }

    private void probeCapability() {
        // Even steps send, odd ones look for the answer.
        final Opcode opcode =
                capabilityStep < 2 ? Opcode.GET_OFFLOAD_VLAN_V2_CAPS : Opcode.GET_SUPPORTED_RXDIDS;
        final boolean isGranted =
                messages.has(capabilityStep < 2 ? Capability.VLAN_V2 : Capability.RX_FLEX_DESC);
        if (capabilityStep == 4) {
            finishProbe();
            return;
        }
        if (!isGranted) {
            capabilityStep += 2;
        } else if (capabilityStep % 2 == 0) {
            hasAnswer = false;
            send(opcode, null);
            capabilityStep++;
        } else if (takeAnswer(opcode)) {
            capabilityStep++;
        } else {
            return;
        }
        again(LinuxTimings.CAPABILITY_NS);
    }

    private void finishProbe() {
        required.clear();
        required.add(LinuxCommand.MAP_VECTORS);
        requireTags();
        next(LinuxState.DOWN, LinuxTimings.CAPABILITY_NS);
    }

    private void requireTags() {
        if (messages.isTagSwitchable(messages.vlans().stripping())) {
            required.add(LinuxCommand.ENABLE_STRIPPING);
        }
        if (messages.isTagSwitchable(messages.vlans().insertion())) {
            required.add(LinuxCommand.ENABLE_INSERTION);
        }
    }

    private void next(final LinuxState to, final long delayNs) {
        state = to;
        again(delayNs);
    }

    // The life after the probe.

    private void runProbed() {
        if (current == Opcode.UNKNOWN) {
            sendNextCommand();
        }
        final int length = registers.read(Registers.VF_ARQLEN1);
        if (length == Registers.IN_RESET || (length & Registers.LEN_ENABLE) == 0) {
            required.clear();
            current = Opcode.UNKNOWN;
            beginReset();
        }
        again(required.isEmpty() ? LinuxTimings.IDLE_NS : LinuxTimings.BUSY_NS);
    }

    private void sendNextCommand() {
        for (final LinuxCommand command : List.copyOf(required)) {
            if (sendCommand(command)) {
                return;
            }
        }
        if (state == LinuxState.RUNNING) {
            send(Opcode.GET_STATS, messages.queues());
        }
    }

    /**
     * Sends a command's message.
     *
     * @return false when there was nothing to send.
     */
    private boolean sendCommand(final LinuxCommand command) {
        switch (command) {
            case ADD_VLAN -> {
                return sendVlans(
                        command,
                        messages.has(Capability.VLAN_V2) ? Opcode.ADD_VLAN_V2 : Opcode.ADD_VLAN,
                        messages.isFiltering()
                                ? filters.takeAdds(
                                        messages.batchLimit(), messages.filtersPerMessage())
                                : List.of());
            }
            case DELETE_VLAN -> {
                return sendVlans(
                        command,
                        messages.has(Capability.VLAN_V2) ? Opcode.DEL_VLAN_V2 : Opcode.DEL_VLAN,
                        messages.isFiltering()
                                ? filters.takeDeletes(messages.filtersPerMessage())
                                : List.of());
            }
            case GET_CONFIG -> send(Opcode.GET_VF_RESOURCES, new VfResourcesRequest(CAPABILITIES));
            case GET_VLAN_CAPABILITIES -> {
                if (!messages.has(Capability.VLAN_V2)) {
                    required.remove(command);
                    return false;
                }
                send(Opcode.GET_OFFLOAD_VLAN_V2_CAPS, null);
            }
            case GET_RX_DESCRIPTORS -> {
                if (!messages.has(Capability.RX_FLEX_DESC)) {
                    required.remove(command);
                    return false;
                }
                send(Opcode.GET_SUPPORTED_RXDIDS, null);
            }
            case DISABLE_QUEUES -> send(Opcode.DISABLE_QUEUES, messages.queues());
            case MAP_VECTORS -> {
                send(Opcode.CONFIG_IRQ_MAP, messages.vectors());
                registers.write(Registers.VFINT_DYN_CTLN1, WRITE_BACK_ON_ITR);
            }
            case ADD_MAC -> send(Opcode.ADD_ETH_ADDR, messages.address(macAddress()));
            case DELETE_MAC -> send(Opcode.DEL_ETH_ADDR, messages.address(macAddress()));
            case CONFIGURE_QUEUES -> send(Opcode.CONFIG_VSI_QUEUES, messages.rings(queues));
            case ENABLE_QUEUES -> {
                if (!areQueuesReady) {
                    return true;
                }
                send(Opcode.ENABLE_QUEUES, messages.queues());
            }
            case ENABLE_STRIPPING -> send(Opcode.ENABLE_VLAN_STRIPPING_V2, messages.innerTags());
            case ENABLE_INSERTION -> send(Opcode.ENABLE_VLAN_INSERTION_V2, messages.innerTags());
        }
        required.remove(command);
        return true;
    }

    private boolean sendVlans(
            final LinuxCommand command, final Opcode opcode, final List<Integer> vlans) {
        if (vlans.isEmpty()) {
            required.remove(command);
            return false;
        }
        send(opcode, messages.vlanFilters(vlans));
        vlanMessages++;
        if (!filters.hasMore()) {
            required.remove(command);
        }
        return true;
    }

    private void send(final Opcode opcode, final @Nullable Message message) {
        current = opcode;
        mailbox.send(opcode.code(), message);
    }

    // What the PF says.

    @Override
    public void onMessage(
            final int code, final int status, final MemorySegment body, final int lengthBytes) {
        final Opcode opcode = Opcode.of(code);
        if (opcode == null) {
            return;
        }
        final Message message =
                lengthBytes == 0
                        ? null
                        : MessageDecoder.decode(
                                Direction.PF_TO_VF,
                                code,
                                body,
                                0,
                                lengthBytes,
                                messages.has(Capability.ADV_LINK_SPEED));
        if (message instanceof final Event event) {
            onEvent(event);
            return;
        }
        if ((opcode == Opcode.VERSION || opcode == Opcode.CONFIG_IRQ_MAP) && opcode != current) {
            return;
        }
        // Whatever was answered, the next message may be sent.
        current = Opcode.UNKNOWN;
        hasAnswer = true;
        onAnswer(opcode, status, message);
    }

    private void onEvent(final Event event) {
        switch (event) {
            case final Event.LinkChange link -> {
                if (state == LinuxState.RUNNING && !areQueuesDisabled) {
                    isLinkUp = link.up();
                }
            }
            case final Event.ResetImpending impending -> beginReset();
            default -> {}
        }
    }

    private void onAnswer(final Opcode opcode, final int status, final @Nullable Message message) {
        switch (opcode) {
            case GET_VF_RESOURCES -> {
                if (message instanceof final VfResources resources) {
                    messages = new LinuxMessages(resources, messages.vlans());
                }
                if (!messages.has(Capability.VLAN_V2)) {
                    queues.vlanLocations(VlanTagLocation.L2TAG1, VlanTagLocation.L2TAG1, false);
                    readdAll();
                }
            }
            case GET_OFFLOAD_VLAN_V2_CAPS -> {
                if (message instanceof final VlanV2Capabilities capabilities) {
                    messages = new LinuxMessages(messages.resources(), capabilities);
                }
                queues.vlanLocations(VlanTagLocation.L2TAG1, VlanTagLocation.L2TAG1, false);
                readdAll();
            }
            case ADD_VLAN_V2 -> {
                if (status == Status.SUCCESS.code()) {
                    filters.onAdded();
                } else {
                    filters.onAddRefused();
                }
            }
            case ENABLE_QUEUES -> areQueuesDisabled = false;
            case DISABLE_QUEUES -> {
                areQueuesDisabled = true;
                owner.reclaim(queues, () -> {});
                if (state == LinuxState.DOWN_PENDING) {
                    endClose();
                }
            }
            default -> {}
        }
    }

    /** After a reset: whatever is in the list, filters that nobody wants any more included. */
    private void readdAll() {
        if (!state.isProbed()) {
            return;
        }
        filters.addAll();
        required.add(LinuxCommand.ADD_VLAN);
        required.add(LinuxCommand.ADD_MAC);
        requireTags();
    }

    @Override
    public void onGarbage(final String what) {
        // The kernel logs it.
    }

    // Reset.

    private void beginReset() {
        if (state.isProbed()) {
            resetTask.begin(nowNs);
        }
    }

    private void rebuild(final boolean isActive) {
        final boolean wasRunning = state == LinuxState.RUNNING;
        isLinkUp = false;
        areQueuesDisabled = true;
        areQueuesReady = false;
        current = Opcode.UNKNOWN;
        required.clear();
        if (!isActive) {
            filters.clear();
            mailbox.abandon();
            next(LinuxState.STARTUP, LinuxTimings.STATUS_POLL_NS);
            return;
        }
        device.config().enableBusMaster();
        mailbox.stop();
        mailbox.start();
        required.addAll(
                List.of(
                        LinuxCommand.GET_CONFIG,
                        LinuxCommand.GET_VLAN_CAPABILITIES,
                        LinuxCommand.GET_RX_DESCRIPTORS,
                        LinuxCommand.MAP_VECTORS));
        state = LinuxState.DOWN;
        again(LinuxTimings.AFTER_RESET_NS);
        if (wasRunning) {
            owner.revoke(queues, () -> owner.reclaim(queues, this::run));
        }
    }

    /** Up, as the driver sees it: before the PF knows anything. */
    private void run() {
        state = LinuxState.RUNNING;
        // An address that is still to be deleted is just kept.
        if (!required.remove(LinuxCommand.DELETE_MAC)) {
            required.add(LinuxCommand.ADD_MAC);
        }
        required.add(LinuxCommand.CONFIGURE_QUEUES);
        required.add(LinuxCommand.ENABLE_QUEUES);
        owner.prepare(queues, () -> areQueuesReady = true);
    }

    // What the user does.

    /** Whether there is a network device that takes requests. */
    public boolean isProbed() {
        return state.isProbed();
    }

    /** Whether the reset task has the device. */
    public boolean isResetting() {
        return resetTask.isRunning();
    }

    /** Whether going down has not ended yet. */
    public boolean isClosing() {
        return state == LinuxState.DOWN_PENDING;
    }

    /** Whether the device is up and its link is. */
    public boolean isRunning() {
        return state == LinuxState.RUNNING && isLinkUp && !resetTask.isRunning();
    }

    /** Whether the device is down. */
    public boolean isDown() {
        return state == LinuxState.DOWN;
    }

    /** Whether nothing is to be told or waits for an answer. */
    public boolean isSettled() {
        return required.isEmpty() && (current == Opcode.UNKNOWN || current == Opcode.GET_STATS);
    }

    /** VLANs that the driver takes for installed. */
    public VlanSet activeVlans() {
        return filters.active();
    }

    /** Messages about VLAN filters so far. */
    public long vlanMessages() {
        return vlanMessages;
    }

    /** The link, as the driver last heard while it listened. */
    public boolean isLinkUp() {
        return isLinkUp;
    }

    /** The address that the device uses. */
    public MacAddress macAddress() {
        final MacAddress assigned = messages.assignedMac();
        return assigned.isZero() ? inventedMac : assigned;
    }

    /**
     * A VLAN device is made.
     *
     * @param vlan 1 to 4094.
     * @return false for EIO.
     */
    public boolean addVlan(final int vlan) {
        if (!messages.isFiltering() || !filters.add(vlan, messages.filtersMax())) {
            return false;
        }
        required.add(LinuxCommand.ADD_VLAN);
        kick();
        return true;
    }

    /**
     * A VLAN device is deleted.
     *
     * @param vlan 1 to 4094.
     */
    public void removeVlan(final int vlan) {
        filters.remove(vlan);
        required.add(LinuxCommand.DELETE_VLAN);
        kick();
    }

    private void kick() {
        if (state.isProbed()) {
            watchdogNs = nowNs;
        }
    }

    /** {@code ip link set up}; the device must be down. */
    public void up() {
        if (state != LinuxState.DOWN) {
            throw new IllegalStateException("EBUSY: " + state);
        }
        if (filters.restore()) {
            required.add(LinuxCommand.ADD_VLAN);
        }
        run();
        kick();
    }

    /**
     * {@code ip link set down}; {@link #isClosing} until the PF has answered or 500 ms are over.
     */
    public void down() {
        if (state != LinuxState.RUNNING) {
            return;
        }
        toRestore.clear();
        toRestore.addAll(required);
        toRestore.removeAll(FORGOTTEN_WHEN_DOWN);
        required.retainAll(KEPT_WHEN_DOWN);
        isLinkUp = false;
        areQueuesReady = false;
        owner.revoke(queues, () -> {});
        required.add(LinuxCommand.DELETE_MAC);
        filters.disableAll();
        required.add(LinuxCommand.DELETE_VLAN);
        required.add(LinuxCommand.DISABLE_QUEUES);
        current = Opcode.UNKNOWN;
        closeDeadlineNs = nowNs + LinuxTimings.CLOSE_NS;
        state = LinuxState.DOWN_PENDING;
        kick();
    }

    private void endClose() {
        state = LinuxState.DOWN;
        required.addAll(toRestore);
        toRestore.clear();
    }

    /** Unbinds the driver: the PF resets the VF, and the device is let go 50 ms later. */
    public void remove() {
        owner.revoke(queues, () -> {});
        mailbox.send(Opcode.RESET_VF.code(), null);
        filters.clear();
        isLinkUp = false;
        state = LinuxState.REMOVED;
        removeNs = nowNs + LinuxTimings.REMOVE_NS;
    }

    /** Whether the device has been let go. */
    public boolean isRemoved() {
        return isRemoved;
    }

    private int finishRemoval() {
        if (nowNs < removeNs) {
            return 0;
        }
        removeNs = Long.MAX_VALUE;
        mailbox.stop();
        device.reset();
        owner.reclaim(
                queues,
                () -> {
                    queues.close();
                    mailbox.close();
                    device.close();
                    isRemoved = true;
                });
        return 1;
    }
}
