package dev.javf.daemon;

import dev.javf.iavf.VirtualFunction;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What one client of a ring port wants of the virtual function that it shares with others. The
 * function counts what is wanted, so a client takes away nothing but its own. What the PF refuses
 * is not wanted any more. Any thread may call; futures complete on the conductor's.
 */
public final class ClientNetwork {
    private final FunctionClient client;

    // For the conductor's thread.
    private VlanSet vlans = VlanSet.EMPTY;
    private final Set<MacAddress> addresses = new HashSet<>();
    private boolean isClosed;

    private volatile boolean isLinkUp;

    /**
     * A client that wants nothing yet.
     *
     * @param client of the function.
     */
    ClientNetwork(final FunctionClient client) {
        this.client = client;
    }

    /**
     * Wants VLANs; those that it wants already don't count twice.
     *
     * @param wanted 1 to 4094.
     * @return completes with what the PF refused, when it has answered for each.
     */
    public CompletableFuture<List<VlanRejection>> addVlans(final VlanSet wanted) {
        final CompletableFuture<List<VlanRejection>> answered = new CompletableFuture<>();
        return client.askTo(
                answered,
                vf -> {
                    final VlanSet fresh = wanted.minus(vlans);
                    if (isClosed || fresh.isEmpty()) {
                        answered.complete(List.of());
                        return;
                    }
                    vlans = vlans.plus(fresh);
                    vf.addVlans(
                            fresh,
                            result -> {
                                result.rejections().forEach(rejection -> forget(rejection.vlans()));
                                answered.complete(result.rejections());
                            });
                });
    }

    /** What was refused isn't wanted, or it would be asked for again after each reset. */
    private void forget(final VlanSet refused) {
        final VlanSet wanted = vlans.and(refused);
        if (!wanted.isEmpty()) {
            vlans = vlans.minus(wanted);
            client.required().removeVlans(wanted, result -> {});
        }
    }

    /**
     * Wants VLANs no longer.
     *
     * @param unwanted those that it doesn't want don't matter.
     * @return completes with what the PF refused, when it has answered for each.
     */
    public CompletableFuture<List<VlanRejection>> removeVlans(final VlanSet unwanted) {
        final CompletableFuture<List<VlanRejection>> answered = new CompletableFuture<>();
        return client.askTo(
                answered,
                vf -> {
                    final VlanSet gone = unwanted.and(vlans);
                    if (gone.isEmpty()) {
                        answered.complete(List.of());
                        return;
                    }
                    vlans = vlans.minus(gone);
                    vf.removeVlans(gone, result -> answered.complete(result.rejections()));
                });
    }

    /**
     * Wants an address.
     *
     * @param address of a station or a group.
     * @return completes with why the PF refuses it; empty if it doesn't.
     */
    public CompletableFuture<String> addAddress(final MacAddress address) {
        final CompletableFuture<String> answered = new CompletableFuture<>();
        return client.askTo(
                answered,
                vf -> {
                    if (isClosed || address.equals(vf.macAddress()) || !addresses.add(address)) {
                        answered.complete("");
                        return;
                    }
                    vf.addMac(
                            address,
                            (settled, isInstalled, reason) -> {
                                if (!isInstalled && addresses.remove(address)) {
                                    client.required()
                                            .removeMac(address, (gone, isThere, why) -> {});
                                }
                                answered.complete(isInstalled ? "" : reason);
                            });
                });
    }

    /**
     * Wants an address no longer.
     *
     * @param address one that it doesn't want doesn't matter.
     * @return completes when the PF has been asked.
     */
    public CompletableFuture<String> removeAddress(final MacAddress address) {
        final CompletableFuture<String> answered = new CompletableFuture<>();
        return client.askTo(
                answered,
                vf -> {
                    if (addresses.remove(address)) {
                        vf.removeMac(address, (gone, isThere, why) -> {});
                    }
                    answered.complete("");
                });
    }

    /** Wants nothing from now on: the client is gone. */
    public void close() {
        client.forget(this);
        final var _ =
                client.ask(vf -> {
                    isClosed = true;
                    if (!vlans.isEmpty()) {
                        vf.removeVlans(vlans, result -> {});
                        vlans = VlanSet.EMPTY;
                    }
                    addresses.forEach(address -> vf.removeMac(address, (gone, isThere, why) -> {}));
                    addresses.clear();
                    return vf.state();
                });
    }

    /** Whether the function's link is there. */
    public boolean isLinkUp() {
        return isLinkUp;
    }

    /** The link has come or gone. On the conductor's thread. */
    void link(final boolean isUp) {
        isLinkUp = isUp;
    }

    /** Another VF takes the place of the one before. On the conductor's thread. */
    void moveTo(final VirtualFunction next) {
        if (!vlans.isEmpty()) {
            next.addVlans(vlans, result -> {});
        }
        addresses.forEach(address -> next.addMac(address, (settled, isInstalled, why) -> {}));
    }
}
