package dev.javf.virtio.pci;

import dev.javf.packet.MacAddress;
import dev.javf.virtio.net.NetworkControl;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** A network that remembers what is wanted of it, and answers when and what the test says. */
final class RecordedNetwork implements NetworkControl {
    final TreeSet<Integer> vlans = new TreeSet<>();
    final List<String> requests = new ArrayList<>();
    Outcome outcome = Outcome.DONE;
    int resets;

    private Answer record(final String text, final Runnable effect) {
        requests.add(text);
        return new Answer() {
            private boolean isOver;

            @Override
            public Outcome outcome() {
                if (outcome == Outcome.DONE && !isOver) {
                    isOver = true;
                    effect.run();
                }
                return outcome;
            }

            @Override
            public void abandon() {
                isOver = true;
                requests.add("abandoned " + text);
            }
        };
    }

    @Override
    public Answer vlan(final int vlan, final boolean isWanted) {
        return record(
                (isWanted ? "add " : "delete ") + vlan,
                () -> {
                    if (isWanted) {
                        vlans.add(vlan);
                    } else {
                        vlans.remove(vlan);
                    }
                });
    }

    @Override
    public Answer receiveMode(final boolean isPromiscuous, final boolean isAllMulticast) {
        return record("mode " + isPromiscuous + " " + isAllMulticast, () -> {});
    }

    @Override
    public Answer addresses(final List<MacAddress> unicast, final List<MacAddress> multicast) {
        return record("addresses " + unicast + " " + multicast, () -> {});
    }

    @Override
    public Answer address(final MacAddress address) {
        return record("address " + address, () -> {});
    }

    @Override
    public void reset() {
        resets++;
        vlans.clear();
    }
}
