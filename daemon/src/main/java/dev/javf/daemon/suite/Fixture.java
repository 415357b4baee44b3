package dev.javf.daemon.suite;

import dev.javf.daemon.PortBinding;
import dev.javf.iavf.LifecycleState;
import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.HostAdministrator;
import dev.javf.sim.PortVlan;
import dev.javf.sim.SimulatedVirtualFunction;
import dev.javf.sim.VfPhase;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * What the cases are written in. It knows what should be wanted, so that {@link #settle} can check
 * every time that the PF's table, the driver's acknowledged set and the wanted set are equal. Side
 * 0 is VF1, side 1 is VF2.
 */
final class Fixture {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(15);
    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(500);
    private static final long PING_NS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final int PING_ATTEMPTS = 5;
    private static final int SIDES = 2;

    private final SuiteSystem system;
    private final PfRules rules;
    private final Strictness strictness;
    private final int[][] wants = new int[SIDES][Ethernet.VLAN_COUNT];
    private final boolean[] wantsUp = new boolean[SIDES];
    private final List<List<PortBinding>> legs = List.of(new ArrayList<>(), new ArrayList<>());
    private final List<CompletableFuture<?>> requests = new ArrayList<>();
    private String note = "";

    /** VLANs that both sides want besides those of the case; empty without load. */
    private VlanSet background = VlanSet.EMPTY;

    private boolean isTrusted;
    private @Nullable Traffic traffic;

    Fixture(final SuiteSystem system, final PfRules rules, final Strictness strictness) {
        this.system = system;
        this.rules = rules;
        this.strictness = strictness;
    }

    SuiteSystem system() {
        return system;
    }

    PfRules rules() {
        return rules;
    }

    Strictness strictness() {
        return strictness;
    }

    /** How many VLANs the PF installs for each function. */
    int vlansMax() {
        return isTrusted ? rules.trustedVlansMax() : rules.vlansMax();
    }

    /** Says that another outcome than the usual one is right here, and which. */
    void note(final String text) {
        note = text;
    }

    /** The note of the case that has just run; the next has none. */
    String takeNote() {
        final String taken = note;
        note = "";
        return taken;
    }

    /** VLANs from 100 on. */
    static VlanSet vlans(final int count) {
        return VlanSet.range(100, 99 + count);
    }

    /** Wants VLANs, and doesn't wait. */
    void add(final int side, final VlanSet vlans) {
        vlans.stream().forEach(vlan -> wants[side][vlan]++);
        requests.add(system.function(side).addVlans(vlans));
    }

    /** Asks for VLANs that a user will be refused, and so not have. */
    void addInVain(final int side, final VlanSet vlans) {
        requests.add(system.function(side).addVlans(vlans));
    }

    /** Wants VLANs once less, and doesn't wait. */
    void remove(final int side, final VlanSet vlans) {
        vlans.stream().forEach(vlan -> wants[side][vlan] = Math.max(0, wants[side][vlan] - 1));
        requests.add(system.function(side).removeVlans(vlans));
    }

    /** Adds or removes VLANs, each from a thread of its own and all at the same time. */
    void inParallel(final int side, final VlanSet vlans, final boolean isAdd)
            throws InterruptedException {
        final SuiteFunction client = system.function(side);
        final CountDownLatch begin = new CountDownLatch(1);
        final List<FutureTask<CompletableFuture<?>>> tasks = new ArrayList<>();
        for (final int vlan : vlans.stream().toArray()) {
            wants[side][vlan] = Math.max(0, wants[side][vlan] + (isAdd ? 1 : -1));
            final VlanSet one = VlanSet.of(vlan);
            final FutureTask<CompletableFuture<?>> task =
                    new FutureTask<>(() -> {
                        begin.await();
                        return isAdd ? client.addVlans(one) : client.removeVlans(one);
                    });
            tasks.add(task);
            Thread.ofPlatform().name("javf-suite-vlan" + vlan).start(task);
        }
        begin.countDown();
        for (final FutureTask<CompletableFuture<?>> task : tasks) {
            try {
                requests.add(task.get());
            } catch (final ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    void down(final int side) {
        wantsUp[side] = false;
        system.function(side).down();
    }

    void up(final int side) {
        wantsUp[side] = true;
        system.function(side).up();
    }

    /** Lets time pass. */
    void pass(final long ns) throws InterruptedException {
        system.pass(ns);
    }

    /** Waits until all is as it should be, and fails when that doesn't come. */
    void settle() throws InterruptedException {
        for (final CompletableFuture<?> request : requests) {
            system.await(request, "the end of a VLAN request");
        }
        requests.clear();
        for (int side = 0; side < SIDES; side++) {
            String difference = difference(side);
            for (long waitedNs = 0; !difference.isEmpty(); waitedNs += LOOK_NS) {
                if (waitedNs > PATIENCE_NS) {
                    throw new CaseFailedException("VF" + (side + 1) + ": " + difference);
                }
                system.pass(LOOK_NS);
                difference = difference(side);
            }
        }
        if (traffic != null) {
            traffic.outageEnds();
        }
    }

    private String difference(final int side) throws InterruptedException {
        final VfView view = system.view(side);
        final LifecycleState state = wantsUp[side] ? LifecycleState.UP : LifecycleState.DOWN;
        if (view.state() != state) {
            return view.state() + ", expected " + state;
        }
        if (system.simulator().virtualFunction(side).snapshot().phase() != VfPhase.ACTIVE) {
            return "the PF is resetting it";
        }
        if (!view.isSettled()) {
            return "VLANs don't settle: wanted "
                    + view.wanted()
                    + ", acknowledged "
                    + view.acknowledged();
        }
        if (strictness == Strictness.VISIBLE) {
            // Nothing is on its way any more, so there is nothing to wait for either.
            final VlanSet expected = wanted(side);
            check(
                    view.wanted().equals(expected),
                    "VF" + (side + 1) + ": VLANs " + view.wanted() + ", expected " + expected);
            return "";
        }
        return view.difference(
                wanted(side), system.held(side), vlansMax(), rules.tellsLimit() || isTrusted);
    }

    private VlanSet wanted(final int side) {
        final VlanSet.Builder wanted = new VlanSet.Builder();
        for (int vlan = 1; vlan < wants[side].length - 1; vlan++) {
            if (wants[side][vlan] > 0) {
                wanted.add(vlan);
            }
        }
        return wanted.build();
    }

    /** Settles, and fails unless VF1 has exactly these VLANs, and those of the load. */
    void expect(final VlanSet vlans) throws InterruptedException {
        settle();
        final VlanSet wanted = system.view(0).wanted();
        final VlanSet expected = vlans.plus(background);
        check(wanted.equals(expected), "VLANs " + wanted + ", expected " + expected);
    }

    static void check(final boolean isTrue, final String otherwise) {
        if (!isTrue) {
            throw new CaseFailedException(otherwise);
        }
    }

    /** What the driver has asked the PF about VLANs so far, on both sides. */
    long vlanMessages() throws InterruptedException {
        return system.view(0).vlanMessages() + system.view(1).vlanMessages();
    }

    /** Fails if the PF was asked anything about VLANs since {@code before}. */
    void expectNoVlanMessagesSince(final long before) throws InterruptedException {
        final long messages = vlanMessages() - before;
        check(
                messages == 0 || strictness == Strictness.VISIBLE,
                messages + " VLAN messages where none was needed");
    }

    /** A function-level reset of VF1, from the host; waits until the PF has seen it. */
    void functionLevelReset() throws InterruptedException {
        outageBegins();
        final SimulatedVirtualFunction function = system.simulator().virtualFunction(0);
        final int before = function.snapshot().resets();
        function.functionLevelReset();
        system.await(() -> function.snapshot().resets() != before, "the end of the reset");
    }

    /** The same without waiting. */
    void beginFunctionLevelReset() {
        outageBegins();
        system.simulator().virtualFunction(0).functionLevelReset();
    }

    /** Resets the PF and with it both VFs. */
    void resetPhysicalFunction() throws InterruptedException {
        outageBegins();
        system.await(
                system.simulator().host().resetPhysicalFunction(), "the end of the PF's reset");
    }

    /** Takes the PF's link down and up; both VFs have to see both. */
    void flapLink() throws InterruptedException {
        for (final boolean isUp : new boolean[] {false, true}) {
            system.await(system.simulator().host().portLink(isUp), "the PF's link");
            for (int side = 0; side < SIDES; side++) {
                for (long waitedNs = 0; system.view(side).isLinkUp() != isUp; waitedNs += LOOK_NS) {
                    check(waitedNs < PATIENCE_NS, "VF" + (side + 1) + " misses a link event");
                    pass(LOOK_NS);
                }
            }
        }
    }

    /** Lets go of VF1 and takes it again: it begins without VLANs but the load's. */
    void rebind() throws InterruptedException {
        outageBegins();
        system.await(system.function(0).unbind(), "the end of VF1");
        wants[0] = new int[Ethernet.VLAN_COUNT];
        system.await(system.function(0).bind(), "VF1");
        if (!background.isEmpty()) {
            add(0, background);
        }
        up(0);
    }

    /** {@code ip link set PF vf N spoofchk on|off}, for both. */
    void spoofCheck(final boolean isOn) throws InterruptedException {
        final HostAdministrator host = system.simulator().host();
        for (int side = 0; side < SIDES; side++) {
            system.await(host.spoofCheck(side, isOn), "the host's spoofchk");
        }
    }

    /** {@code ip link set PF vf N vlan VLAN}, for both; null takes them out. */
    void portVlan(final @Nullable Integer vlan) throws InterruptedException {
        final HostAdministrator host = system.simulator().host();
        for (int side = 0; side < SIDES; side++) {
            final PortVlan portVlan =
                    vlan == null ? null : new PortVlan(Ethernet.TPID_8021Q, vlan, 0);
            system.await(host.portVlan(side, portVlan), "the host's port VLAN");
        }
    }

    /** Wants VLANs on both sides, and gives both hosts a leg in each. */
    void connect(final VlanSet vlans) throws InterruptedException {
        for (int side = 0; side < SIDES; side++) {
            add(side, vlans);
            for (final int vlan : vlans.stream().toArray()) {
                openLeg(side, vlan, vlan);
            }
        }
        settle();
    }

    /** Gives a host a leg; the VLAN must be wanted besides. */
    void openLeg(final int side, final int vlan, final int subnet) throws InterruptedException {
        final SuiteFunction client = system.function(side);
        final MacAddress mac = system.await(client.macAddress(), "a MAC address");
        if (mac == null) {
            throw new CaseFailedException(client.name() + " has no MAC address");
        }
        final List<PortBinding> ports = legs.get(side);
        ports.add(system.hosts().openLeg(side, vlan, subnet, mac));
        serve(side);
    }

    private void serve(final int side) throws InterruptedException {
        final List<PortBinding> ports = new ArrayList<>();
        if (traffic != null) {
            ports.addAll(traffic.ports(side));
        }
        ports.addAll(legs.get(side));
        system.await(system.function(side).ports(ports), "the poller");
    }

    /** Whether host 1 gets an answer from host 2, at once. */
    boolean isAnswered(final int vlan, final int subnet) throws InterruptedException {
        final CompletableFuture<Boolean> ping = system.hosts().ping(vlan, subnet);
        return system.await(ping, PING_NS) && ping.join();
    }

    /** Fails unless host 2 answers host 1 in each VLAN, if need be after a few attempts. */
    void ping(final VlanSet vlans) throws InterruptedException {
        for (final int vlan : vlans.stream().toArray()) {
            ping(vlan);
        }
    }

    /** The same for one VLAN; 0 is untagged. */
    void ping(final int vlan) throws InterruptedException {
        boolean answered = false;
        for (int i = 0; i < PING_ATTEMPTS && !answered; i++) {
            answered = isAnswered(vlan, vlan);
        }
        check(answered, "no answer in VLAN " + vlan);
    }

    /** Two functions that are up and have no VLAN, whatever a case has left behind. */
    void reset() throws InterruptedException {
        traffic = null;
        background = VlanSet.EMPTY;
        portVlan(null);
        spoofCheck(true);
        system.await(system.simulator().host().portLink(true), "the PF's link");
        for (int side = 0; side < SIDES; side++) {
            legs.get(side).clear();
            serve(side);
            for (VlanSet left = wanted(side); !left.isEmpty(); left = wanted(side)) {
                remove(side, left);
            }
            up(side);
        }
        settle();
    }

    /**
     * Gives both functions all VLANs that the PF has room for but some, and sends frames in all of
     * these, both ways, until {@link #endLoad}.
     *
     * @param except VLANs that the case itself adds and removes.
     */
    void beginLoad(final VlanSet except) throws InterruptedException {
        if (!isTrusted) {
            for (int side = 0; side < SIDES; side++) {
                system.await(system.simulator().host().trust(side, true), "the host's trust");
            }
            isTrusted = true;
        }
        background = VlanSet.range(1, rules.trustedVlansMax()).minus(except);
        final List<MacAddress> macs = new ArrayList<>();
        for (int side = 0; side < SIDES; side++) {
            add(side, background);
        }
        settle();
        for (int side = 0; side < SIDES; side++) {
            final MacAddress mac = system.await(system.function(side).macAddress(), "an address");
            check(mac != null, system.function(side).name() + " has no MAC address");
            macs.add(mac);
        }
        final Traffic begun = new Traffic(system.packetPool(), system.clock(), background, macs);
        traffic = begun;
        // A frame that comes before the other side has its ports is lost, and rightly.
        begun.outageBegins();
        for (int side = 0; side < SIDES; side++) {
            serve(side);
        }
        begun.outageEnds();
        awaitService(begun);
    }

    /** Ends the load, and fails unless every frame arrived that may not have been lost. */
    void endLoad() throws InterruptedException {
        final Traffic ending = traffic;
        if (ending == null) {
            return;
        }
        awaitService(ending);
        ending.stop();
        for (long waitedNs = 0; !ending.isQuiet() && waitedNs < PING_NS; waitedNs += LOOK_NS) {
            pass(LOOK_NS);
        }
        final String trouble = ending.trouble();
        check(trouble.isEmpty(), trouble);
        note((note.isEmpty() ? "" : note + "; ") + ending.summary());
    }

    private void awaitService(final Traffic flowing) throws InterruptedException {
        for (long waitedNs = 0; !flowing.isServed(); waitedNs += LOOK_NS) {
            check(waitedNs < PATIENCE_NS, flowing.trouble());
            pass(LOOK_NS);
        }
    }

    private void outageBegins() {
        if (traffic != null) {
            traffic.outageBegins();
        }
    }
}
