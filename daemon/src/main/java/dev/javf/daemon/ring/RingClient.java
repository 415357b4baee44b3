package dev.javf.daemon.ring;

import dev.javf.client.RingSocket;
import dev.javf.daemon.ClientNetwork;
import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.VlanRejection;
import dev.javf.virtchnl.VlanSet;

import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * What one client asks for at run time: VLANs and addresses, within what its port's configuration
 * allows. It is granted, and its packets pass, when the PF has said yes. For the ring thread.
 */
final class RingClient {
    /** Requests and answers of one client in the daemon. */
    private static final int OPEN_MAX = 256;

    private final RingSettings settings;
    private final RingSocket socket;
    private final @Nullable ClientNetwork network;
    private final RingSession session;
    private final RingAddresses addresses;
    private final RingServer server;
    private final Set<MacAddress> granted = new HashSet<>();

    /** What the conductor has settled; bounded by {@link #open}. */
    private final Queue<Runnable> settled = new ConcurrentLinkedQueue<>();

    private final Queue<String> answers = new ArrayDeque<>();
    private int open;
    private boolean isLinkUp;
    private boolean isTooSlow;

    RingClient(
            final RingSettings settings,
            final RingSocket socket,
            final @Nullable ClientNetwork network,
            final RingSession session,
            final RingAddresses addresses,
            final RingServer server) {
        this.settings = settings;
        this.socket = socket;
        this.network = network;
        this.session = session;
        this.addresses = addresses;
        this.server = server;
        isLinkUp = network == null || network.isLinkUp();
        if (network != null) {
            final var _ = network.addAddress(settings.mac());
        }
    }

    /** A client that asks faster than it takes answers. */
    boolean isTooSlow() {
        return isTooSlow;
    }

    /** Does what {@code vlan add 7 100-107} and the like say. */
    void request(final String message) {
        if (++open > OPEN_MAX) {
            isTooSlow = true;
            return;
        }
        final String[] words = message.split(" ", 5);
        final String id = words.length > 2 && words[2].matches("\\d{1,18}") ? words[2] : "0";
        try {
            if (words.length != 4 || id.equals("0")) {
                throw new IllegalArgumentException("'" + cut(message) + "' is no request");
            }
            switch (words[0] + " " + words[1]) {
                case "vlan add" -> addVlans(id, VlanSet.parse(words[3]));
                case "vlan del" -> removeVlans(id, VlanSet.parse(words[3]));
                case "mac add" -> addAddress(id, MacAddress.of(words[3]));
                case "mac del" -> removeAddress(id, MacAddress.of(words[3]));
                default ->
                        throw new IllegalArgumentException("'" + cut(message) + "' is no request");
            }
        } catch (final IllegalArgumentException | IllegalStateException e) {
            answer(id, String.valueOf(e.getMessage()));
        }
    }

    private static String cut(final String message) {
        return message.substring(0, Math.min(80, message.length()));
    }

    private ClientNetwork network() {
        if (network == null) {
            throw new IllegalArgumentException("this port has no function to ask");
        }
        return network;
    }

    private void addVlans(final String id, final VlanSet vlans) {
        final VlanSet refused = vlans.minus(settings.trunk());
        if (!refused.isEmpty()) {
            throw new IllegalArgumentException(
                    "VLANs "
                            + refused
                            + " are not in the trunk of port "
                            + settings.name()
                            + ", which has "
                            + RingServer.text(settings.trunk())
                            + "; its configuration decides");
        }
        when(
                id,
                network().addVlans(vlans),
                (rejections, error) -> {
                    VlanSet done = vlans;
                    for (final VlanRejection rejection : rejections) {
                        done = done.minus(rejection.vlans());
                    }
                    session.granted(session.granted().plus(done));
                    answer(id, text(rejections));
                });
    }

    private void removeVlans(final String id, final VlanSet vlans) {
        session.granted(session.granted().minus(vlans));
        when(id, network().removeVlans(vlans), (rejections, error) -> answer(id, text(rejections)));
    }

    private static String text(final List<VlanRejection> rejections) {
        return rejections.stream()
                .map(rejection -> "VLANs " + rejection.vlans() + ": " + rejection.remedy())
                .collect(Collectors.joining("; "));
    }

    private void addAddress(final String id, final MacAddress address) {
        if (!address.equals(settings.mac()) && !settings.addresses().contains(address)) {
            throw new IllegalArgumentException(
                    address
                            + " is not among the addresses of port "
                            + settings.name()
                            + "; its configuration decides");
        }
        when(
                id,
                network().addAddress(address),
                (reason, error) -> {
                    if (reason.isEmpty() && granted.add(address)) {
                        addresses.granted(granted);
                    }
                    answer(id, reason);
                });
    }

    private void removeAddress(final String id, final MacAddress address) {
        if (granted.remove(address)) {
            addresses.granted(granted);
        }
        when(id, network().removeAddress(address), (reason, error) -> answer(id, reason));
    }

    /** Goes on with an answer on the ring thread. */
    private <T> void when(
            final String id,
            final CompletableFuture<T> asked,
            final BiConsumer<T, @Nullable Throwable> next) {
        final var _ =
                asked.whenComplete((result, error) -> {
                    settled.add(
                            error == null
                                    ? () -> next.accept(result, null)
                                    : () -> answer(id, String.valueOf(error.getMessage())));
                    server.wakeUp();
                });
    }

    private void answer(final String id, final String refusal) {
        answers.add(
                "answer "
                        + id
                        + (refusal.isEmpty() ? " done" : " refused " + refusal.replace('\n', ' ')));
    }

    /** Sends what has been answered. */
    int doWork() {
        int work = 0;
        for (Runnable next = settled.poll(); next != null; next = settled.poll()) {
            next.run();
            work++;
        }
        final boolean isUp = network == null || network.isLinkUp();
        if (isUp != isLinkUp && socket.send("link " + (isUp ? "up" : "down"), List.of())) {
            isLinkUp = isUp;
        }
        while (!answers.isEmpty() && socket.send(answers.element(), List.of())) {
            answers.remove();
            open--;
            work++;
        }
        return work;
    }
}
