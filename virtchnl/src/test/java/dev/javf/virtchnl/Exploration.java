package dev.javf.virtchnl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Goes through all states of a {@link ModelWorld} that any sequence of moves leads to, and from
 * each of them to rest. States are told apart by 64 bits of their fingerprints.
 *
 * <p>That a way to rest is walked from every state says what a search backwards from the states at
 * rest would say, that rest can be reached from all of them, and more: the way takes no luck, for
 * it has no request and no loss in it, a reset only where {@link VlanFilters#needsReset} asks its
 * owner for one, and a bounded number of steps.
 */
final class Exploration {
    private record Open(ModelWorld world, List<ModelWorld.Move> history) {}

    private static final int MAX_STEPS_TO_REST = 1000;

    private final LongSet visited = new LongSet();
    private final LongSet restful = new LongSet();
    private final int vlans;
    private long transitions;
    private int mostInFlight;

    Exploration(final int vlans) {
        this.vlans = vlans;
    }

    /** Distinct states. */
    int states() {
        return visited.size();
    }

    long transitions() {
        return transitions;
    }

    /** The most messages that were in flight in any state. */
    int mostInFlight() {
        return mostInFlight;
    }

    /**
     * Explores.
     *
     * @throws AssertionError with the moves that lead to a state that isn't right.
     */
    void run(final ModelWorld start) {
        final ArrayDeque<Open> open = new ArrayDeque<>();
        visited.add(LongSet.hash(start.fingerprint()));
        open.push(new Open(start, List.of()));
        while (!open.isEmpty()) {
            final Open next = open.pop();
            for (final ModelWorld.Move move : moves(next.world)) {
                final ModelWorld world = next.world.copy();
                final List<ModelWorld.Move> history = new ArrayList<>(next.history);
                history.add(move);
                transitions++;
                try {
                    world.apply(move);
                    mostInFlight = Math.max(mostInFlight, world.mostInFlight());
                    if (visited.add(LongSet.hash(world.fingerprint()))) {
                        rest(world.copy());
                        open.push(new Open(world, history));
                    }
                } catch (final RuntimeException | AssertionError e) {
                    throw new AssertionError(e.getMessage() + " after " + history, e);
                }
            }
        }
    }

    private List<ModelWorld.Move> moves(final ModelWorld world) {
        final List<ModelWorld.Move> moves = world.moves();
        for (int vlanId = 1; vlanId <= vlans; vlanId++) {
            if (world.requestsLeft(vlanId) > 0) {
                final VlanSet vlan = VlanSet.of(vlanId);
                moves.add(new ModelWorld.Move(ModelWorld.What.ADD, 0, vlan));
                moves.add(new ModelWorld.Move(ModelWorld.What.REMOVE, 0, vlan));
            }
        }
        return moves;
    }

    /** From here there is a way to rest, and what is found there is right. */
    private void rest(final ModelWorld world) {
        final List<Long> way = new ArrayList<>();
        long state = LongSet.hash(world.fingerprint());
        while (!restful.contains(state)) {
            way.add(state);
            final ModelWorld.Move step = world.stepToRest();
            if (step == null) {
                world.checkAtRest();
                break;
            }
            world.apply(step);
            state = LongSet.hash(world.fingerprint());
            if (way.size() > MAX_STEPS_TO_REST) {
                throw new AssertionError("no rest");
            }
        }
        way.forEach(restful::add);
    }
}
