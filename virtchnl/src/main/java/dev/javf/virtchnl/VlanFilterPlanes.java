package dev.javf.virtchnl;

import dev.javf.virtchnl.VlanFilterPlane.Parked;

import org.jspecify.annotations.Nullable;

import java.util.BitSet;
import java.util.function.ToIntFunction;

/** The filters of all EtherTypes. A plane is made when it is first used. */
final class VlanFilterPlanes {
    /** How many EtherTypes there are. */
    static final int COUNT = 3;

    private static final int[] TPIDS = {0x8100, 0x88A8, 0x9100};

    /** What is done for each filter. */
    @FunctionalInterface
    interface Visitor {
        void visit(int plane, int vlanId);
    }

    private final int highestVlanId;
    private final @Nullable VlanFilterPlane[] planes;

    VlanFilterPlanes(final int highestVlanId) {
        this.highestVlanId = highestVlanId;
        planes = new @Nullable VlanFilterPlane[COUNT];
    }

    VlanFilterPlanes copy() {
        final VlanFilterPlanes copy = new VlanFilterPlanes(highestVlanId);
        for (int i = 0; i < COUNT; i++) {
            final VlanFilterPlane plane = planes[i];
            copy.planes[i] = plane == null ? null : plane.copy();
        }
        return copy;
    }

    int highestVlanId() {
        return highestVlanId;
    }

    /**
     * The index of an EtherType.
     *
     * @throws IllegalArgumentException if VLANs have no such EtherType.
     */
    static int indexOf(final int tpid) {
        for (int i = 0; i < COUNT; i++) {
            if (TPIDS[i] == tpid) {
                return i;
            }
        }
        throw new IllegalArgumentException(
                "EtherType 0x"
                        + Integer.toHexString(tpid)
                        + " is none of VLAN tags: use 0x8100, 0x88a8 or 0x9100");
    }

    /** The plane with an index, made if need be. */
    VlanFilterPlane plane(final int index) {
        VlanFilterPlane plane = planes[index];
        if (plane == null) {
            plane = new VlanFilterPlane(TPIDS[index], highestVlanId);
            planes[index] = plane;
        }
        return plane;
    }

    /** The plane with an index, if it was ever used. */
    @Nullable VlanFilterPlane planeIfUsed(final int index) {
        return planes[index];
    }

    int admittedCount() {
        return sum(VlanFilterPlane::admittedCount);
    }

    int heldCount() {
        return sum(VlanFilterPlane::heldCount);
    }

    int presentCount() {
        return sum(VlanFilterPlane::presentCount);
    }

    private int sum(final ToIntFunction<VlanFilterPlane> count) {
        int sum = 0;
        for (final VlanFilterPlane plane : planes) {
            sum += plane == null ? 0 : count.applyAsInt(plane);
        }
        return sum;
    }

    /** Visits the filters that were ever used, of all planes, in ascending order. */
    void forEach(final Visitor visitor) {
        for (int i = 0; i < COUNT; i++) {
            final VlanFilterPlane plane = planes[i];
            if (plane != null) {
                final BitSet used = plane.used();
                for (int v = used.nextSetBit(0); v >= 0; v = used.nextSetBit(v + 1)) {
                    visitor.visit(i, v);
                }
            }
        }
    }

    /**
     * Visits the wanted filters that are parked in one way, in ascending order.
     *
     * @param max how many at most.
     */
    void forEachParked(final Parked how, final int max, final Visitor visitor) {
        int left = max;
        for (int i = 0; i < COUNT; i++) {
            final VlanFilterPlane plane = planes[i];
            if (plane == null) {
                continue;
            }
            int vlanId = plane.wanted().nextSetBit(0);
            while (vlanId >= 0 && left > 0) {
                if (plane.parked(vlanId) == how) {
                    visitor.visit(i, vlanId);
                    left--;
                }
                vlanId = plane.wanted().nextSetBit(vlanId + 1);
            }
        }
    }
}
