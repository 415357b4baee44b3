package dev.javf.virtchnl;

import dev.javf.testing.Seed;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/** Schedules by seed: everything goes wrong at some time, and in the end all is as it should be. */
final class VlanFiltersRandomTest {
    /** More of them: {@code -Djavf.vlan.schedules=300000}. */
    private static final int SCHEDULES = Integer.getInteger("javf.vlan.schedules", 2000);

    @ParameterizedTest
    @EnumSource(ModelPf.Kind.class)
    void shouldSettleWhateverHappens(final ModelPf.Kind kind) {
        Seed.forEach(1, SCHEDULES, random -> run(kind, random));
    }

    private static void run(final ModelPf.Kind kind, final SplittableRandom random) {
        final int highest = random.nextBoolean() ? 6 : 24;
        final int[] limits = {1, 2, 8, 30, 4096};
        final ModelPf pf =
                new ModelPf(
                        kind,
                        limits[random.nextInt(limits.length)],
                        random.nextInt(3) == 0 ? someVlans(random, highest) : Set.of(),
                        random.nextInt(5) == 0 ? someVlans(random, highest) : Set.of());
        final ModelWorld.Budget budget = new ModelWorld.Budget();
        budget.requests = random.nextInt(40);
        budget.resets = random.nextInt(3);
        // An answer that is lost and another that comes twice look like none of both; and a new
        // mailbox
        // hides the answer too many.
        final boolean isDoubling = random.nextInt(6) == 0;
        budget.duplicates = isDoubling ? 1 + random.nextInt(3) : 0;
        budget.losses = isDoubling ? 0 : random.nextInt(4);
        budget.failures = random.nextInt(6);
        budget.hastyDeadlines = isDoubling ? 0 : random.nextInt(3);
        budget.silentRestarts = !isDoubling && random.nextInt(3) == 0 ? 1 : 0;
        final ModelWorld world =
                new ModelWorld(
                        1 + random.nextInt(8), highest, VlanFilters.DEFAULT_MAX_DOUBTS, pf, budget);
        final List<ModelWorld.Move> history = new ArrayList<>();
        try {
            for (int step = random.nextInt(400); step > 0; step--) {
                final ModelWorld.Move move = choose(world, random, highest);
                if (move == null) {
                    break;
                }
                history.add(move);
                world.apply(move);
            }
            settle(world, history);
        } catch (final RuntimeException | AssertionError e) {
            throw new AssertionError(e.getMessage() + " after " + history, e);
        }
    }

    static void settle(final ModelWorld world, final List<ModelWorld.Move> history) {
        ModelWorld.Move move = world.stepToRest();
        for (int step = 0; move != null; step++) {
            if (step > 100_000) {
                throw new AssertionError("no rest");
            }
            history.add(move);
            world.apply(move);
            move = world.stepToRest();
        }
        world.checkAtRest();
    }

    private static ModelWorld.@Nullable Move choose(
            final ModelWorld world, final SplittableRandom random, final int highest) {
        final List<ModelWorld.Move> moves = world.moves();
        if (world.budget.requests > 0) {
            moves.add(
                    new ModelWorld.Move(
                            random.nextBoolean() ? ModelWorld.What.ADD : ModelWorld.What.REMOVE,
                            0,
                            VlanSet.of(
                                    someVlans(random, highest).stream()
                                            .mapToInt(Integer::intValue)
                                            .toArray())));
        }
        return moves.isEmpty() ? null : moves.get(random.nextInt(moves.size()));
    }

    private static Set<Integer> someVlans(final SplittableRandom random, final int highest) {
        final Set<Integer> vlans = new TreeSet<>();
        for (int n = 1 + random.nextInt(12); n > 0; n--) {
            vlans.add(1 + random.nextInt(highest));
        }
        return vlans;
    }
}
