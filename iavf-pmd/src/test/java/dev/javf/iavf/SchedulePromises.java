package dev.javf.iavf;

import dev.javf.virtchnl.VlanRequestResult;
import dev.javf.virtchnl.VlanSet;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The requests of a schedule, each of which must be answered once. */
final class SchedulePromises {
    private final List<String> violations = new ArrayList<>();
    private int open;

    /** Makes a request for VLANs, with the listener that is to be told. */
    void vlans(final VlanSet vlans, final Consumer<Consumer<VlanRequestResult>> request) {
        final Promise promise = new Promise();
        request.accept(result -> {
            promise.keep();
            final VlanSet all =
                    result.done()
                            .plus(result.kept())
                            .plus(result.superseded())
                            .plus(result.rejected());
            if (!all.equals(vlans)) {
                violations.add(vlans + " were asked for, " + all + " answered: " + result);
            }
        });
    }

    /** Makes a request for a MAC address, with the listener that is to be told. */
    void mac(final Consumer<MacListener> request) {
        final Promise promise = new Promise();
        request.accept((address, installed, reason) -> promise.keep());
    }

    int open() {
        return open;
    }

    /** Requests that were answered twice, or not in full. */
    List<String> violations() {
        return violations;
    }

    private final class Promise {
        private boolean isKept;

        Promise() {
            open++;
        }

        void keep() {
            if (isKept) {
                violations.add("a request was answered twice");
            }
            isKept = true;
            open--;
        }
    }
}
