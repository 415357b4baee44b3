package dev.javf.iavf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.javf.packet.MacAddress;
import dev.javf.testing.Seed;
import dev.javf.virtchnl.EthAddressList.EthAddress;
import dev.javf.virtchnl.EthAddressType;
import dev.javf.virtchnl.Status;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

class MacFiltersTest {
    private static final int ERROR = Status.ERR_PARAM.code();

    private final List<String> refused = new ArrayList<>();
    private final List<String> kept = new ArrayList<>();
    private final List<String> resolved = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final MacFilters filters = new MacFilters(new Refusals());
    private final MacListener listener =
            (address, installed, reason) -> told.add(address + " " + installed);

    private static MacAddress mac(final int number) {
        return new MacAddress(0x0200_0000_0000L + number);
    }

    private MacBatch next() {
        final MacBatch batch = filters.nextBatch();
        assertThat(batch).isNotNull();
        return java.util.Objects.requireNonNull(batch);
    }

    private static List<MacAddress> addresses(final MacBatch batch) {
        return batch.filters().stream().map(MacFilter::address).toList();
    }

    @Test
    void shouldSendTheOwnAddressAsPrimaryAndOthersAsExtraInOneMessage() {
        filters.own(mac(1));
        filters.add(mac(2), listener);
        final MacBatch batch = next();
        assertThat(batch.message(1).addresses())
                .containsExactly(
                        new EthAddress(mac(1), EthAddressType.PRIMARY),
                        new EthAddress(mac(2), EthAddressType.EXTRA));
        assertThat(filters.hasWork()).isFalse();
        assertThat(told).isEmpty();
        filters.onAnswer(batch, 0);
        assertThat(told).containsExactly(mac(2) + " true");
        assertThat(filters.present()).containsExactly(mac(1), mac(2));
    }

    @Test
    void shouldKnowThatBroadcastIsThereAlready() {
        filters.add(MacAddress.BROADCAST, listener);
        assertThat(told).containsExactly("ff:ff:ff:ff:ff:ff true");
        assertThat(filters.nextBatch()).isNull();
    }

    @Test
    void shouldRefuseTheZeroAddress() {
        assertThatThrownBy(() -> filters.add(MacAddress.ZERO, listener))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("00:00:00:00:00:00");
    }

    @Test
    void shouldCountWants() {
        filters.add(mac(1), listener);
        filters.add(mac(1), listener);
        filters.onAnswer(next(), 0);
        filters.remove(mac(1), listener);
        assertThat(filters.nextBatch()).isNull();
        assertThat(filters.present()).containsExactly(mac(1));
        filters.remove(mac(1), listener);
        final MacBatch batch = next();
        assertThat(batch.adds()).isFalse();
        filters.onAnswer(batch, 0);
        assertThat(filters.present()).isEmpty();
        filters.remove(mac(1), listener);
        assertThat(told)
                .containsExactly(
                        mac(1) + " true",
                        mac(1) + " true",
                        mac(1) + " true",
                        mac(1) + " false",
                        mac(1) + " false");
    }

    @Test
    void shouldAddAgainWhatWasWantedWhileItsDeleteWasOnItsWay() {
        filters.add(mac(1), listener);
        filters.onAnswer(next(), 0);
        filters.remove(mac(1), listener);
        final MacBatch delete = next();
        filters.add(mac(1), listener);
        assertThat(filters.nextBatch()).isNull();
        filters.onAnswer(delete, 0);
        final MacBatch add = next();
        assertThat(add.adds()).isTrue();
        filters.onAnswer(add, 0);
        assertThat(filters.present()).containsExactly(mac(1));
    }

    @Test
    void shouldFindTheOneAddressThatThePfRefuses() {
        final Set<MacAddress> held = new LinkedHashSet<>();
        for (int i = 0; i < 20; i++) {
            filters.add(mac(i), listener);
        }
        settle(held, address -> address.equals(mac(7)), 100);
        assertThat(refused).containsExactly(mac(7).toString());
        assertThat(held).hasSize(19).doesNotContain(mac(7));
        assertThat(told).contains(mac(7) + " false", mac(8) + " true").hasSize(20);
    }

    @Test
    void shouldFillThePfUpToItsLimitAndReportTheRest() {
        final Set<MacAddress> held = new LinkedHashSet<>();
        for (int i = 0; i < 40; i++) {
            filters.add(mac(i), listener);
        }
        settle(held, address -> false, MacFilters.UNTRUSTED_MAX);
        assertThat(held).hasSize(MacFilters.UNTRUSTED_MAX);
        assertThat(filters.present()).containsExactlyInAnyOrderElementsOf(held);
        assertThat(refused).hasSize(40 - MacFilters.UNTRUSTED_MAX);
        assertThat(told).hasSize(40);
    }

    @Test
    void shouldTryRefusedAddressesAgainWhenOneIsFreed() {
        final Set<MacAddress> held = new LinkedHashSet<>();
        filters.add(mac(1), listener);
        filters.add(mac(2), listener);
        settle(held, address -> false, 1);
        assertThat(held).containsExactly(mac(1));
        filters.remove(mac(1), listener);
        settle(held, address -> false, 1);
        assertThat(held).containsExactly(mac(2));
        assertThat(filters.present()).containsExactly(mac(2));
    }

    @Test
    void shouldAddAgainAfterATimeoutWhatIsWantedAndDeleteWhatIsNot() {
        filters.own(mac(1));
        filters.add(mac(2), listener);
        filters.add(mac(3), (address, installed, reason) -> {});
        filters.onTimeout(next());
        filters.remove(mac(3), (address, installed, reason) -> {});
        final MacBatch delete = next();
        assertThat(delete.adds()).isFalse();
        assertThat(addresses(delete)).containsExactly(mac(3));
        filters.onAnswer(delete, ERROR);
        final MacBatch add = next();
        assertThat(add.adds()).isTrue();
        assertThat(addresses(add)).containsExactly(mac(1), mac(2));
        filters.onAnswer(add, 0);
        assertThat(filters.present()).containsExactlyInAnyOrder(mac(1), mac(2));
        assertThat(told).containsExactly(mac(2) + " true");
    }

    /** Found by a schedule of seed 75739. */
    @Test
    void shouldAnswerForTheAssignedAddressInDoubtWhileTheOwnIsRefused() {
        filters.own(mac(1));
        filters.assigned(mac(9));
        filters.onAnswer(next(), ERROR);
        filters.add(mac(9), (address, installed, reason) -> {});
        filters.onUnaskedAnswer(ERROR);
        filters.add(mac(9), listener);
        final MacBatch both = next();
        assertThat(both.adds()).isTrue();
        assertThat(addresses(both)).containsExactly(mac(1), mac(9));
        filters.onAnswer(both, ERROR);
        filters.onAnswer(next(), ERROR);
        filters.onAnswer(next(), 0);
        assertThat(told).containsExactly(mac(9) + " true");
    }

    @Test
    void shouldAskAgainWhenAnAnswerCameTwice() {
        filters.own(mac(1));
        filters.add(mac(2), listener);
        filters.onAnswer(next(), 0);
        filters.onUnaskedAnswer(0);
        assertThat(filters.nextBatch()).isNull();
        filters.onUnaskedAnswer(ERROR);
        final MacBatch again = next();
        assertThat(again.adds()).isTrue();
        assertThat(addresses(again)).containsExactly(mac(1), mac(2));
        filters.onAnswer(again, 0);
        assertThat(filters.present()).containsExactlyInAnyOrder(mac(1), mac(2));
    }

    @Test
    void shouldAskForEverythingAgainAfterAReset() {
        filters.own(mac(1));
        filters.add(mac(2), listener);
        filters.add(mac(3), listener);
        filters.onAnswer(next(), 0);
        filters.remove(mac(3), listener);
        filters.reset();
        assertThat(told).contains(mac(3) + " false");
        assertThat(filters.present()).isEmpty();
        assertThat(addresses(next())).containsExactly(mac(1), mac(2));
    }

    @Test
    void shouldAddTheNewOwnAddressBeforeTheOldOneIsDeleted() {
        filters.own(mac(1));
        filters.onAnswer(next(), 0);
        filters.own(mac(2));
        final MacBatch add = next();
        assertThat(add.message(1).addresses())
                .containsExactly(new EthAddress(mac(2), EthAddressType.PRIMARY));
        assertThat(filters.nextBatch()).isNull();
        filters.onAnswer(add, 0);
        final MacBatch delete = next();
        assertThat(delete.adds()).isFalse();
        assertThat(addresses(delete)).containsExactly(mac(1));
        filters.onAnswer(delete, 0);
        assertThat(filters.present()).containsExactly(mac(2));
        assertThat(filters.own()).isEqualTo(mac(2));
    }

    @Test
    void shouldKeepTheOldOwnAddressAsLongAsTheNewOneIsRefused() {
        filters.own(mac(1));
        filters.add(mac(3), listener);
        filters.onAnswer(next(), 0);
        filters.own(mac(2));
        filters.onAnswer(next(), ERROR);
        assertThat(filters.nextBatch()).isNull();
        assertThat(refused).containsExactly(mac(2).toString());
        assertThat(filters.present()).containsExactly(mac(1), mac(3));
        filters.remove(mac(3), listener);
        filters.onAnswer(next(), 0);
        final MacBatch again = next();
        assertThat(addresses(again)).containsExactly(mac(2));
        filters.onAnswer(again, 0);
        assertThat(resolved).containsExactly(mac(2).toString());
        filters.onAnswer(next(), 0);
        assertThat(filters.present()).containsExactly(mac(2));
    }

    @Test
    void shouldTellThePfThatAnAddressItHasIsTheOwnOneNow() {
        filters.own(mac(1));
        filters.add(mac(2), listener);
        filters.onAnswer(next(), 0);
        filters.own(mac(2));
        final MacBatch add = next();
        assertThat(add.message(1).addresses())
                .containsExactly(new EthAddress(mac(2), EthAddressType.PRIMARY));
        filters.onAnswer(add, 0);
        final MacBatch delete = next();
        assertThat(addresses(delete)).containsExactly(mac(1));
        filters.onAnswer(delete, 0);
        filters.own(mac(4));
        filters.onAnswer(next(), 0);
        assertThat(filters.nextBatch()).isNull();
        assertThat(filters.present()).containsExactlyInAnyOrder(mac(2), mac(4));
    }

    @Test
    void shouldDeleteTheAddressThatThePfAssignedOnceItsOwnIsThere() {
        filters.own(mac(1));
        filters.assigned(mac(9));
        final MacBatch add = next();
        assertThat(addresses(add)).containsExactly(mac(1));
        assertThat(filters.nextBatch()).isNull();
        filters.onAnswer(add, 0);
        final MacBatch delete = next();
        assertThat(addresses(delete)).containsExactly(mac(9));
        filters.onAnswer(delete, ERROR);
        assertThat(kept).containsExactly(mac(9).toString());
        filters.reset();
        assertThat(resolved).containsExactly(mac(9).toString());
    }

    /** Found by a schedule of seed 13377. */
    @Test
    void shouldDeleteAnAssignedAddressThatStopsBeingTheOwnBeforeItIsAdded() {
        filters.own(mac(1));
        filters.assigned(mac(1));
        filters.own(mac(2));
        filters.onAnswer(next(), 0);
        final MacBatch delete = next();
        assertThat(delete.adds()).isFalse();
        assertThat(addresses(delete)).containsExactly(mac(1));
        filters.onAnswer(delete, 0);
        assertThat(filters.nextBatch()).isNull();
        assertThat(filters.present()).containsExactly(mac(2));
    }

    /** Found by a schedule of seed 14108. */
    @Test
    void shouldTellWhoeverRemovesTheAssignedAddressThatItStaysWhileTheOwnIsRefused() {
        filters.own(mac(1));
        filters.assigned(mac(9));
        filters.onAnswer(next(), ERROR);
        filters.add(mac(9), listener);
        filters.remove(mac(9), listener);
        assertThat(told).containsExactly(mac(9) + " true", mac(9) + " true");
        assertThat(filters.nextBatch()).isNull();
    }

    /** Found by a schedule of seed 56689: an answer too many puts all in doubt first. */
    @Test
    void shouldTellWhoeverRemovesAnAssignedAddressInDoubtThatItStaysWhileTheOwnIsRefused() {
        filters.own(mac(1));
        filters.assigned(mac(9));
        filters.onAnswer(next(), ERROR);
        filters.add(mac(9), listener);
        filters.onUnaskedAnswer(ERROR);
        filters.remove(mac(9), listener);
        filters.onAnswer(next(), ERROR);
        assertThat(told).containsExactly(mac(9) + " true", mac(9) + " false");
        assertThat(filters.nextBatch()).isNull();
    }

    /** Found by a schedule of seed 62735. */
    @Test
    void shouldKeepOnlyTheLastOwnAddressWhileTheNextIsRefused() {
        filters.own(mac(1));
        filters.onAnswer(next(), 0);
        filters.own(mac(2));
        final MacBatch second = next();
        filters.own(mac(3));
        filters.onAnswer(second, 0);
        final MacBatch delete = next();
        assertThat(delete.adds()).isFalse();
        assertThat(addresses(delete)).containsExactly(mac(1));
        filters.onAnswer(delete, 0);
        filters.onAnswer(next(), ERROR);
        assertThat(filters.nextBatch()).isNull();
        assertThat(filters.present()).containsExactly(mac(2));
    }

    @Test
    void shouldDeleteAnOwnAddressWhoseAdditionWasNeverAnsweredWhenItIsReplaced() {
        filters.own(mac(1));
        filters.onTimeout(next());
        filters.own(mac(2));
        final MacBatch delete = next();
        assertThat(delete.adds()).isFalse();
        assertThat(addresses(delete)).containsExactly(mac(1));
    }

    @Test
    void shouldKeepTheOwnAddressWhenSomebodyRemovesWhatNobodyAdded() {
        filters.own(mac(1));
        filters.onAnswer(next(), 0);
        filters.remove(mac(1), listener);
        assertThat(told).containsExactly(mac(1) + " true");
        assertThat(filters.nextBatch()).isNull();
        filters.add(mac(1), listener);
        filters.remove(mac(1), listener);
        assertThat(filters.nextBatch()).isNull();
        assertThat(filters.present()).containsExactly(mac(1));
    }

    @Test
    void shouldTellEveryoneWhenItIsClosed() {
        filters.add(mac(1), listener);
        filters.close("over");
        filters.add(mac(2), listener);
        filters.remove(mac(1), listener);
        assertThat(told).containsExactly(mac(1) + " false", mac(2) + " false", mac(1) + " false");
    }

    @Test
    void shouldEndWithWhatIsWantedUnderAnyAnswers() {
        Seed.forEach(1, 2000, this::anyAnswers);
    }

    private void anyAnswers(final SplittableRandom random) {
        final MacFilters any = new MacFilters(new Refusals());
        final Map<MacAddress, Integer> wanted = new HashMap<>();
        final int[] open = new int[1];
        final MacListener count = (address, installed, reason) -> open[0]--;
        final Set<MacAddress> held = new LinkedHashSet<>();
        final ArrayDeque<MacBatch> inFlight = new ArrayDeque<>();
        for (int step = 0; step < 60; step++) {
            final MacAddress address = mac(random.nextInt(6));
            switch (random.nextInt(6)) {
                case 0 -> {
                    open[0]++;
                    wanted.merge(address, 1, Integer::sum);
                    any.add(address, count);
                }
                case 1 -> {
                    open[0]++;
                    wanted.computeIfPresent(address, (key, n) -> n == 1 ? null : n - 1);
                    any.remove(address, count);
                }
                case 2 -> {
                    final MacBatch batch = any.nextBatch();
                    if (batch != null) {
                        inFlight.add(batch);
                    }
                }
                case 3 -> answer(any, inFlight.poll(), held, random.nextInt(3) > 0);
                case 4 -> {
                    final MacBatch lost = inFlight.poll();
                    if (lost != null) {
                        // The PF has done it, or not; nobody will know.
                        apply(lost, held, random.nextBoolean());
                        any.onTimeout(lost);
                    }
                }
                default -> {
                    if (random.nextInt(10) == 0) {
                        held.clear();
                        inFlight.clear();
                        any.reset();
                    }
                }
            }
        }
        while (!inFlight.isEmpty()) {
            answer(any, inFlight.poll(), held, true);
        }
        // What was refused along the way gets its chance at the next reset.
        held.clear();
        any.reset();
        for (MacBatch batch = any.nextBatch(); batch != null; batch = any.nextBatch()) {
            answer(any, batch, held, true);
        }
        assertThat(held).containsExactlyInAnyOrderElementsOf(wanted.keySet());
        assertThat(any.present()).containsExactlyInAnyOrderElementsOf(wanted.keySet());
        assertThat(open[0]).isZero();
    }

    private static void answer(
            final MacFilters any,
            final @Nullable MacBatch batch,
            final Set<MacAddress> held,
            final boolean ok) {
        if (batch != null) {
            apply(batch, held, ok);
            any.onAnswer(batch, ok ? 0 : ERROR);
        }
    }

    private static void apply(final MacBatch batch, final Set<MacAddress> held, final boolean ok) {
        if (ok && batch.adds()) {
            held.addAll(addresses(batch));
        } else if (ok) {
            addresses(batch).forEach(held::remove);
        }
    }

    private interface Refusal {
        boolean refuses(MacAddress address);
    }

    /** A PF that stops at the first address it refuses, and never holds more than its limit. */
    private void settle(final Set<MacAddress> held, final Refusal refusal, final int limit) {
        for (MacBatch batch = filters.nextBatch(); batch != null; batch = filters.nextBatch()) {
            int status = 0;
            for (final MacAddress address : addresses(batch)) {
                if (!batch.adds()) {
                    held.remove(address);
                } else if (refusal.refuses(address)
                        || (held.size() >= limit && !held.contains(address))) {
                    status = ERROR;
                    break;
                } else {
                    held.add(address);
                }
            }
            filters.onAnswer(batch, status);
        }
    }

    private final class Refusals implements MacFilters.DifferenceListener {
        @Override
        public void onRefused(final MacAddress address, final boolean isOwn, final String reason) {
            refused.add(address.toString());
        }

        @Override
        public void onKept(final MacAddress address, final String reason) {
            kept.add(address.toString());
        }

        @Override
        public void onResolved(final MacAddress address) {
            resolved.add(address.toString());
        }
    }
}
