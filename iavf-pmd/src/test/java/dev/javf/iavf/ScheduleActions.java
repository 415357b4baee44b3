package dev.javf.iavf;

import dev.javf.packet.Ethernet;
import dev.javf.packet.MacAddress;
import dev.javf.sim.Fault;
import dev.javf.sim.LinkMode;
import dev.javf.sim.PortVlan;
import dev.javf.sim.ResetFault;
import dev.javf.virtchnl.VlanSet;

/** What a {@link Schedule} is made of. Records, so that a failing one prints what it did. */
final class ScheduleActions {
    private ScheduleActions() {}

    record AddVlans(int tpid, VlanSet vlans) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.promises()
                    .vlans(vlans, listener -> world.vf().vlans().add(tpid, vlans, listener));
        }
    }

    record RemoveVlans(int tpid, VlanSet vlans) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.promises()
                    .vlans(vlans, listener -> world.vf().vlans().remove(tpid, vlans, listener));
        }
    }

    record AddMac(MacAddress address) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().addMac(address);
            world.promises().mac(listener -> world.vf().addMac(address, listener));
        }
    }

    record RemoveMac(MacAddress address) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().removeMac(address);
            world.promises().mac(listener -> world.vf().removeMac(address, listener));
        }
    }

    record Up() implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.vf().up();
        }
    }

    record Down() implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.vf().down();
        }
    }

    record OwnMac(MacAddress address) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().ownMac = address;
            world.wishes().everOwn.add(address);
            world.vf().macAddress(address);
        }
    }

    record Promiscuous(boolean unicast, boolean multicast) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().promiscuity = (unicast ? 1 : 0) | (multicast ? 2 : 0);
            world.vf().promiscuous(unicast, multicast);
        }
    }

    record QueuePairs(int count) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().queuePairs = count;
            world.vf().queuePairs(count);
        }
    }

    record FrameBytes(int bytes) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().frameBytes = bytes;
            world.vf().maxFrameBytes(bytes);
        }
    }

    record FlexibleDescriptors(boolean wanted) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().flexible = wanted;
            world.vf().flexibleDescriptors(wanted);
        }
    }

    record RssKey(int first) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().key = first;
            world.vf().rss().key(ScheduleWishes.keyOf(first));
        }
    }

    /** A table with one queue, or all in turn. */
    record RssTable(boolean isOneQueue) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            final int[] table = isOneQueue ? new int[] {world.vf().queuePairs() - 1} : new int[] {};
            world.wishes().table = table;
            world.vf().rss().table(table);
        }
    }

    record RssFunction(boolean isSymmetric) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().algorithm = isSymmetric ? 2 : 0;
            world.vf()
                    .rss()
                    .hashFunction(
                            isSymmetric
                                    ? ReceiveSideScaling.HashFunction.TOEPLITZ_SYMMETRIC
                                    : ReceiveSideScaling.HashFunction.TOEPLITZ);
        }
    }

    record RssPacketTypes(long types) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.wishes().packetTypes = types;
            world.vf().rss().packetTypes(types);
        }
    }

    /** The host sets the VF's address, or gives the choice back with zero; resets it. */
    record HostMac(MacAddress address) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host().mac(ScheduleWorld.VF, address);
        }
    }

    record Statistics() implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.vf().requestStatistics();
        }
    }

    /** The host trusts the VF, or no longer; resets it. */
    record Trust(boolean isTrusted) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host().trust(ScheduleWorld.VF, isTrusted);
        }
    }

    /** The host puts the VF into a VLAN, or takes it out with 0; resets it. */
    record InPortVlan(int vlanId) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host()
                    .portVlan(
                            ScheduleWorld.VF,
                            vlanId == 0 ? null : new PortVlan(Ethernet.TPID_8021Q, vlanId, 0));
        }
    }

    record SpoofCheck(boolean isChecked) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host().spoofCheck(ScheduleWorld.VF, isChecked);
        }
    }

    record Link(LinkMode mode) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host().linkMode(ScheduleWorld.VF, mode);
        }
    }

    record PortLink(boolean isUp) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host().portLink(isUp);
        }
    }

    /** A function-level reset from the host: nobody tells the driver. */
    record FunctionLevelReset() implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.host().resetVirtualFunction(ScheduleWorld.VF);
        }
    }

    record PfReset(boolean isAnnounced) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            if (isAnnounced) {
                world.host().resetPhysicalFunction();
            } else {
                world.host().resetPhysicalFunctionSilently();
            }
        }
    }

    /**
     * The PF works on another VF's reset, and for nobody else meanwhile: answers are late, but in
     * their order.
     */
    record PfIsBusy(long forNs) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.faults().nextResetOfOthers(forNs);
            world.ledger().onBusy();
            world.host().resetVirtualFunction(ScheduleWorld.OTHER_VF);
        }
    }

    /** A message of the VF goes wrong: the one that comes after {@code skip} others. */
    record Disturb(int skip, Fault fault) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.faults().arm(skip, fault);
        }
    }

    /** The VF's next reset takes longer, or never ends until another one. */
    record DisturbReset(ResetFault fault) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.faults().armReset(fault);
        }
    }
}
