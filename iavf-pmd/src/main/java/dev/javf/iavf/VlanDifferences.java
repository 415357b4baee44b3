package dev.javf.iavf;

import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VlanFilters;
import dev.javf.virtchnl.VlanRejection;

import java.util.HashSet;
import java.util.Set;

/** Makes {@link Difference}s of the VLANs that a PF refuses, each time the filters come to rest. */
final class VlanDifferences {
    private final VlanProgram vlans;
    private final Differences differences;
    private Set<String> reported = new HashSet<>();
    private boolean settled;
    private long requests;

    VlanDifferences(final VlanProgram vlans, final Differences differences) {
        this.vlans = vlans;
        this.differences = differences;
    }

    /** The VF was reset, or is about to be: what the PF allows now isn't known yet. */
    void reset() {
        settled = false;
    }

    void doWork() {
        final VlanFilters filters = vlans.filters();
        final boolean isKnown = settled && requests == vlans.requests();
        settled = filters.isSettled();
        if (!settled || isKnown) {
            return;
        }
        requests = vlans.requests();
        final Set<String> now = new HashSet<>();
        for (final VlanRejection rejection : filters.rejections()) {
            final String subject =
                    "0x" + Integer.toHexString(rejection.tpid()) + " " + rejection.reason();
            now.add(subject);
            differences.report(difference(subject, rejection));
        }
        for (final String subject : reported) {
            if (!now.contains(subject)) {
                differences.resolve(Difference.Item.VLANS, subject);
            }
        }
        reported = now;
    }

    private static Difference difference(final String subject, final VlanRejection rejection) {
        final boolean isDelete = rejection.reason() == VlanRejection.Reason.PF_REFUSED_DELETE;
        return new Difference(
                Difference.Item.VLANS,
                subject,
                (isDelete ? "none of " : "") + rejection.vlans(),
                isDelete ? "perhaps all" : "none of them",
                rejection.status() == 0
                        ? rejection.reason().toString()
                        : Status.nameOf(rejection.status()),
                rejection.remedy());
    }
}
