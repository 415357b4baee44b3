package dev.javf.virtchnl;

import java.util.LinkedHashMap;
import java.util.Map;

/** Prints lists of VLAN filters so that 127 of them still make a readable line. */
final class VlanFilterText {
    private VlanFilterText() {}

    static String of(final VlanFilterListV2 m) {
        final Map<String, Ranges> groups = new LinkedHashMap<>();
        for (final VlanFilterListV2.VlanFilterV2 filter : m.filters()) {
            final VlanTag single = filter.inner().isNone() ? filter.outer() : filter.inner();
            if (filter.inner().isNone() == filter.outer().isNone() || single.tciMask() != 0) {
                groups.computeIfAbsent(group(filter), key -> new Ranges());
            } else {
                final String half = filter.inner().isNone() ? "outer " : "inner ";
                groups.computeIfAbsent(
                                half + Integer.toHexString(single.tpid()) + " vlans ",
                                key -> new Ranges())
                        .add(single.tci());
            }
        }
        final StringBuilder text = new StringBuilder("vport ").append(m.vportId()).append(": ");
        String separator = "";
        int listed = 0;
        for (final Map.Entry<String, Ranges> group : groups.entrySet()) {
            if (++listed > Ranges.MAX_LISTED) {
                text.append(", ...");
                break;
            }
            text.append(separator).append(group.getKey()).append(group.getValue());
            separator = ", ";
        }
        return text.append(MessageText.size(m.filters().size(), "filter", m)).toString();
    }

    /** A filter on both tags, on none or with a mask. */
    private static String group(final VlanFilterListV2.VlanFilterV2 filter) {
        return "outer " + tag(filter.outer()) + " inner " + tag(filter.inner());
    }

    private static String tag(final VlanTag tag) {
        return tag.isNone()
                ? "none"
                : Integer.toHexString(tag.tpid())
                        + ":"
                        + tag.tci()
                        + (tag.tciMask() == 0 ? "" : "/" + Integer.toHexString(tag.tciMask()));
    }

    /** Numbers in the order they came, runs of consecutive ones drawn together. */
    static final class Ranges {
        static final int MAX_LISTED = 16;

        private final StringBuilder text = new StringBuilder();
        private int listed;
        private int more;
        private int first;
        private int last = -1;

        void add(final int number) {
            if (last >= 0 && number == last + 1) {
                last = number;
                return;
            }
            flush();
            first = number;
            last = number;
        }

        private void flush() {
            if (last < 0) {
                return;
            }
            if (listed < MAX_LISTED) {
                VlanRanges.append(text, first, last);
                listed++;
            } else {
                more += last - first + 1;
            }
            last = -1;
        }

        @Override
        public String toString() {
            flush();
            return more == 0 ? text.toString() : text + " and " + more + " more";
        }
    }
}
