package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.sim.PfMode;
import dev.javf.sim.VfSnapshot;
import dev.javf.sim.VlanKey;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import java.util.function.Consumer;

/** What must be true of a {@link ScheduleWorld}; says what isn't. */
final class ScheduleInvariants {
    private static final int[] TPIDS = {Ethernet.TPID_8021Q, Ethernet.TPID_8021AD};

    /**
     * VLANs that every PF takes from a VF that isn't trusted and speaks V1. They are silent about
     * more: an ice takes 7, an i40e 16, and a driver can't tell which it is.
     */
    private static final int V1_MAX = 7;

    private final PfMode mode;
    private final ScheduleDesiredState desired = new ScheduleDesiredState();
    private final long[] counted = new long[DriverCounter.values().length];
    private long resets;

    ScheduleInvariants(final PfMode mode) {
        this.mode = mode;
    }

    /** At any time. */
    void always(final ScheduleWorld world) {
        expect(world.dmaFaults() == 0, "the device touched memory that isn't mapped");
        expect(!world.held().isMalicious(), "the PF takes the VF for an attacker");
        expect(world.vf().lifecycle().violationCount() == 0, world.vf().lifecycle().violations());
        expect(
                world.ledger().mostWaiting() <= VirtchnlChannel.IN_FLIGHT_MAX,
                world.ledger().mostWaiting() + " messages were in flight");
        expect(world.ledger().violation().isEmpty(), world.ledger().violation());
        expect(world.promises().violations().isEmpty(), world.promises().violations());
        desired.counters(world);
        counters(world.vf().counters());
    }

    private void counters(final DriverCounters counters) {
        int i = 0;
        for (final DriverCounter counter : DriverCounter.values()) {
            final long now = counters.get(counter);
            expect(now >= counted[i], counter + " fell from " + counted[i] + " to " + now);
            counted[i++] = now;
        }
        expect(counters.resets() >= resets, "resets fell from " + resets);
        resets = counters.resets();
    }

    /** When nothing has gone wrong for a while and the driver says that all is done. */
    void atRest(final ScheduleWorld world) {
        for (final int tpid : TPIDS) {
            vlans(world, tpid);
        }
        final VfSnapshot held = world.held();
        desired.atRest(world);
        expect(
                held.macs().containsAll(world.vf().acknowledgedMacs()),
                "MACs acknowledged " + world.vf().acknowledgedMacs() + ", held " + held.macs());
    }

    private void vlans(final ScheduleWorld world, final int tpid) {
        final Vlans vlans = world.vf().vlans();
        VlanSet expected = vlans.wanted(tpid);
        // What the PF holds of filters about which it refused something, nobody can know.
        VlanSet refused = VlanSet.EMPTY;
        for (final VlanRejection rejection : vlans.rejections()) {
            if (rejection.tpid() == tpid) {
                expected = expected.minus(rejection.vlans());
                refused = rejection.status() == 0 ? refused : refused.plus(rejection.vlans());
            }
        }
        final VlanSet held = held(world, tpid).minus(refused);
        final VlanSet wanted = expected;
        final Consumer<Object> check =
                ok ->
                        expect(
                                Boolean.TRUE.equals(ok),
                                "VLANs of "
                                        + Integer.toHexString(tpid)
                                        + ": wanted "
                                        + vlans.wanted(tpid)
                                        + ", acknowledged "
                                        + vlans.acknowledged(tpid)
                                        + ", held "
                                        + held(world, tpid)
                                        + ", "
                                        + vlans.rejections());
        check.accept(vlans.acknowledged(tpid).equals(wanted));
        if (isSilentlyFull(world, wanted.size())) {
            check.accept(held.minus(wanted).isEmpty());
        } else {
            check.accept(held.equals(wanted));
        }
    }

    /** Whether the PF may have said SUCCESS to filters that it had no room for. */
    private boolean isSilentlyFull(final ScheduleWorld world, final int vlans) {
        return !world.held().isTrusted()
                && (mode == PfMode.ICE_V1 || mode == PfMode.I40E_V1)
                && vlans > V1_MAX;
    }

    private static VlanSet held(final ScheduleWorld world, final int tpid) {
        final VlanSet.Builder set = new VlanSet.Builder();
        for (final VlanKey key : world.held().vlans()) {
            if (key.tpid() == tpid) {
                set.add(key.vlanId());
            }
        }
        return set.build();
    }

    /** After the VF was closed. */
    void afterClose(final ScheduleWorld world) {
        always(world);
        expect(world.promises().open() == 0, world.promises().open() + " requests never complete");
        expect(
                world.pool().available() == world.pool().capacity(),
                world.pool().available() + " buffers of " + world.pool().capacity());
    }

    private static void expect(final boolean isSo, final Object otherwise) {
        if (!isSo) {
            throw new AssertionError(otherwise.toString());
        }
    }
}
