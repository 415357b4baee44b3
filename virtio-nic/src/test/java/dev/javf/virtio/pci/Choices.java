package dev.javf.virtio.pci;

import dev.javf.virtio.Feature;

import java.util.SplittableRandom;

/** Features that a driver may choose together. */
final class Choices {
    private Choices() {}

    /** VERSION_1, those given, and of the others some, with what they need. */
    static long of(final long offered, final SplittableRandom random, final Feature... always) {
        long chosen = Feature.VERSION_1.mask() | Feature.maskOf(always);
        for (final Feature feature : Feature.values()) {
            if (feature.isIn(offered)
                    && random.nextBoolean()
                    && Feature.objection(offered, chosen | feature.mask()) == null) {
                chosen |= feature.mask();
            }
        }
        return chosen;
    }
}
