package dev.javf.iavf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What differs between what is asked of a VF and what its PF holds. Each is told once when it
 * comes, or becomes another one, and once when it is resolved. For the conductor.
 */
final class Differences {
    private final Map<Key, Difference> open = new LinkedHashMap<>();
    private final Listener listener;

    private record Key(Difference.Item item, String subject) {}

    /** Told of every change. */
    interface Listener {
        void onDifference(Difference difference);

        void onResolved(Difference difference);
    }

    Differences(final Listener listener) {
        this.listener = listener;
    }

    /** Something differs; it replaces what was said of the same thing before. */
    void report(final Difference difference) {
        final Key key = new Key(difference.item(), difference.subject());
        if (!difference.equals(open.put(key, difference))) {
            listener.onDifference(difference);
        }
    }

    /** There is only one of its kind, and it is as it should be. */
    void resolve(final Difference.Item item) {
        resolve(item, "");
    }

    /** Something is as it should be, or nobody wants it any more. */
    void resolve(final Difference.Item item, final String subject) {
        final Difference resolved = open.remove(new Key(item, subject));
        if (resolved != null) {
            listener.onResolved(resolved);
        }
    }

    /** All that differ now, oldest first. */
    List<Difference> list() {
        return List.copyOf(open.values());
    }
}
