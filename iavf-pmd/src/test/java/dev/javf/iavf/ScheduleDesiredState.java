package dev.javf.iavf;

import dev.javf.packet.MacAddress;
import dev.javf.sim.VfSnapshot;
import dev.javf.virtchnl.RssKey;
import dev.javf.virtchnl.RssLut;

import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/**
 * Compares what a schedule has asked for beside VLANs with what the PF holds. Where they are not
 * the same, the driver must have said so.
 */
final class ScheduleDesiredState {
    private static final PfStatistics.Field[] FIELDS = PfStatistics.Field.values();

    private final long[] counts = new long[FIELDS.length];

    /** No counter ever falls. */
    void counters(final ScheduleWorld world) {
        for (int i = 0; i < FIELDS.length; i++) {
            final long count = world.vf().pfStatistics().get(FIELDS[i]);
            expect(count >= counts[i], FIELDS[i] + " fell from " + counts[i] + " to " + count);
            counts[i] = count;
        }
    }

    /** When the driver says that all is settled. */
    void atRest(final ScheduleWorld world) {
        final Set<Difference.Item> differing = new HashSet<>();
        final Set<String> macs = new HashSet<>();
        for (final Difference difference : world.vf().differences()) {
            differing.add(difference.item());
            macs.add(difference.subject());
        }
        final ScheduleWishes wishes = world.wishes();
        final VfSnapshot held = world.held();
        queues(world, wishes, held, differing);
        rss(world, wishes, held, differing);
        compare(
                Difference.Item.PROMISCUITY,
                differing,
                held.isTrusted() ? wishes.promiscuity : 0,
                held.promiscuity());
        final boolean isOwnRefused = differing.contains(Difference.Item.OWN_MAC);
        macs(wishes, held, macs, isOwnRefused ? world.vf().acknowledgedMacs() : Set.of());
    }

    private static void queues(
            final ScheduleWorld world,
            final ScheduleWishes wishes,
            final VfSnapshot held,
            final Set<Difference.Item> differing) {
        final int pairs = Objects.requireNonNull(world.vf().queues()).pairs();
        final BigInteger all = BigInteger.TWO.pow(pairs).subtract(BigInteger.ONE);
        expect(
                held.rxQueues().equals(all) && held.txQueues().equals(all),
                pairs + " queues, enabled " + held.rxQueues() + " and " + held.txQueues());
        compare(Difference.Item.QUEUE_PAIRS, differing, wishes.queuePairs, pairs);
        compare(Difference.Item.MAX_FRAME, differing, wishes.frameBytes + 8, held.rxFrameBytes());
        compare(
                Difference.Item.RX_DESCRIPTORS,
                differing,
                wishes.flexible ? 2 : 1,
                held.rxDescriptorId());
    }

    private static void rss(
            final ScheduleWorld world,
            final ScheduleWishes wishes,
            final VfSnapshot held,
            final Set<Difference.Item> differing) {
        final int vsiId = Objects.requireNonNull(world.vf().negotiated()).vsi().vsiId();
        if (wishes.key >= 0) {
            compare(
                    Difference.Item.RSS_KEY,
                    differing,
                    new RssKey(vsiId, ScheduleWishes.keyOf(wishes.key)),
                    held.rssKey());
        }
        final RssLut table = held.rssLut();
        final int pairs = Objects.requireNonNull(world.vf().queues()).pairs();
        final byte[] entries = new byte[64];
        for (int i = 0; i < entries.length; i++) {
            final int[] wanted = wishes.table;
            entries[i] = (byte) ((wanted.length == 0 ? i : wanted[i % wanted.length]) % pairs);
        }
        compare(
                Difference.Item.RSS_TABLE,
                differing,
                Arrays.toString(entries),
                table == null ? "none" : Arrays.toString(table.table()));
        compare(Difference.Item.RSS_FUNCTION, differing, wishes.algorithm, held.rssAlgorithm());
        compare(
                Difference.Item.RSS_PACKET_TYPES,
                differing,
                wishes.packetTypes,
                held.rssPacketTypes());
    }

    /**
     * What the PF holds too much can only be the address that its host has set, or one that was the
     * VF's own and stays because the PF has refused the next; of that the driver must know.
     */
    private static void macs(
            final ScheduleWishes wishes,
            final VfSnapshot held,
            final Set<String> differing,
            final Collection<MacAddress> known) {
        final Set<MacAddress> odd = new HashSet<>(wishes.allMacs());
        odd.removeAll(held.macs());
        final Set<MacAddress> extra = new HashSet<>(held.macs());
        extra.removeAll(wishes.allMacs());
        extra.remove(held.defaultMac());
        if (extra.size() == 1 && wishes.everOwn.containsAll(extra)) {
            extra.removeAll(known);
        }
        odd.addAll(extra);
        odd.removeIf(address -> differing.contains(address.toString()));
        expect(
                odd.isEmpty(),
                odd
                        + " differ: MACs wanted "
                        + wishes.allMacs()
                        + ", held "
                        + held.macs()
                        + ", known to differ "
                        + differing);
    }

    private static void compare(
            final Difference.Item item,
            final Set<Difference.Item> differing,
            final Object wanted,
            final @Nullable Object held) {
        expect(
                differing.contains(item) || wanted.equals(held),
                item + ": wanted " + wanted + ", held " + held);
    }

    private static void expect(final boolean isSo, final String otherwise) {
        if (!isSo) {
            throw new AssertionError(otherwise);
        }
    }
}
