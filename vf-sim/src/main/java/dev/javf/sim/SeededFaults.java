package dev.javf.sim;

import org.jspecify.annotations.Nullable;

import java.util.SplittableRandom;

/**
 * Faults at places that a seed chooses: the same seed with the same messages gives the same faults.
 * For the model's thread.
 */
public final class SeededFaults implements FaultPlan {
    private static final int KINDS = 10;
    private static final int PER_MILLE = 1000;
    private static final int[] STATUSES = {-5, -18, -53, -64, -7};

    private final SplittableRandom random;
    private final int messagesPerMille;
    private final int resetsPerMille;
    private final long maxDelayNs;

    /**
     * A plan.
     *
     * @param seed chooses.
     * @param messagesPerMille of a thousand messages so many go wrong, 0 to 1000.
     * @param resetsPerMille of a thousand resets so many go wrong, 0 to 1000; none gets stuck.
     * @param maxDelayNs how late things may come, at least 1.
     */
    public SeededFaults(
            final long seed,
            final int messagesPerMille,
            final int resetsPerMille,
            final long maxDelayNs) {
        random = new SplittableRandom(seed);
        this.messagesPerMille = messagesPerMille;
        this.resetsPerMille = resetsPerMille;
        this.maxDelayNs = maxDelayNs;
    }

    @Override
    public @Nullable Fault onMessage(
            final int virtualFunction, final int opcode, final long nowNs) {
        if (random.nextInt(PER_MILLE) >= messagesPerMille) {
            return null;
        }
        return switch (random.nextInt(KINDS)) {
            case 0 -> new Fault.LoseRequest();
            case 1 -> new Fault.LoseAnswer();
            case 2 -> new Fault.DelayRequest(delayNs());
            case 3 -> new Fault.DelayAnswer(delayNs(), random.nextBoolean());
            case 4 -> new Fault.DuplicateAnswer(delayNs());
            case 5 -> new Fault.Fail(STATUSES[random.nextInt(STATUSES.length)]);
            case 6 -> new Fault.FailElement(random.nextInt(8));
            case 7 -> new Fault.Pretend();
            case 8 -> new Fault.Reset(resetKind(), resetPoint());
            default -> new Fault.StaleEvent(random.nextBoolean(), delayNs());
        };
    }

    @Override
    public ResetFault onReset(final int virtualFunction, final ResetKind kind, final long nowNs) {
        return random.nextInt(PER_MILLE) < resetsPerMille
                ? new ResetFault(delayNs(), delayNs(), false)
                : ResetFault.NONE;
    }

    private long delayNs() {
        return random.nextLong(maxDelayNs);
    }

    private ResetKind resetKind() {
        final ResetKind[] kinds = ResetKind.values();
        return kinds[random.nextInt(kinds.length)];
    }

    private Fault.Point resetPoint() {
        final Fault.Point[] points = Fault.Point.values();
        return points[random.nextInt(points.length)];
    }
}
