package dev.javf.iavf;

import dev.javf.packet.MacAddress;

/** Makes {@link Difference}s of the addresses that a PF refuses. */
final class MacDifferences implements MacFilters.DifferenceListener {
    private final Differences differences;

    MacDifferences(final Differences differences) {
        this.differences = differences;
    }

    @Override
    public void onRefused(final MacAddress address, final boolean isOwn, final String reason) {
        differences.report(
                new Difference(
                        isOwn ? Difference.Item.OWN_MAC : Difference.Item.MAC,
                        address.toString(),
                        "received",
                        isOwn ? "the address before it" : "no filter for it",
                        reason,
                        MacFilters.REMEDY));
    }

    @Override
    public void onKept(final MacAddress address, final String reason) {
        differences.report(
                new Difference(
                        Difference.Item.MAC,
                        address.toString(),
                        "no longer received",
                        "perhaps still a filter",
                        reason,
                        "the next reset takes it away"));
    }

    @Override
    public void onResolved(final MacAddress address) {
        differences.resolve(Difference.Item.OWN_MAC, address.toString());
        differences.resolve(Difference.Item.MAC, address.toString());
    }
}
