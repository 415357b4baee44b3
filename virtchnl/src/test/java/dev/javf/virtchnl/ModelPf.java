package dev.javf.virtchnl;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The VLAN side of a PF, as far as filters can tell one from another: limits, partial application,
 * and the ways in which PFs answer with success what they didn't do.
 */
final class ModelPf {
    /** How a PF differs from others. */
    enum Kind {
        /** Linux ice with V2: no surprises. */
        ICE_V2,
        /** Linux ice before 2024: an add of what is there counts for ever. */
        ICE_OLD,
        /** Intel's ice: a delete with more elements than there are filters is refused. */
        ICE_STRICT,
        /**
         * Linux ice with V1: silently full with 7; looks at no more elements than it has filters.
         */
        ICE_V1,
        /** i40e with V1: what fails is a secret of the PF. */
        I40E_V1
    }

    private static final int V1_MAX = 7;

    final Kind kind;
    final int maxFilters;
    private final TreeSet<Integer> installed = new TreeSet<>();

    /** What adds always fail for, and what deletes always fail for. */
    private final Set<Integer> badAdds;

    private final Set<Integer> badDeletes;
    private int phantoms;
    private int overLimit;

    ModelPf(
            final Kind kind,
            final int maxFilters,
            final Set<Integer> badAdds,
            final Set<Integer> badDeletes) {
        this.kind = kind;
        this.maxFilters = maxFilters;
        this.badAdds = badAdds;
        this.badDeletes = badDeletes;
    }

    ModelPf copy() {
        final ModelPf copy = new ModelPf(kind, maxFilters, badAdds, badDeletes);
        copy.installed.addAll(installed);
        copy.phantoms = phantoms;
        copy.overLimit = overLimit;
        return copy;
    }

    VlanLimits limits() {
        return switch (kind) {
            case ICE_V2, ICE_OLD, ICE_STRICT ->
                    VlanLimits.v2(1, new VlanV2Capabilities.Filtering(0, 1, 1, maxFilters));
            case ICE_V1 -> VlanLimits.v1(1, false);
            case I40E_V1 -> VlanLimits.v1(1, true);
        };
    }

    void reset() {
        installed.clear();
        phantoms = 0;
    }

    /** Whether it does what it is asked to do, or says so. */
    boolean isHonest() {
        return kind == Kind.ICE_V2 && badDeletes.isEmpty();
    }

    /** Whether it answers with success what it didn't add. */
    boolean isSilent() {
        return !isV2();
    }

    Set<Integer> installed() {
        return installed;
    }

    /** How often more was asked for than the limit allows. */
    int overLimit() {
        return overLimit;
    }

    /**
     * Handles a message that went over the wire.
     *
     * @param failAt the element that fails this once, or -1.
     * @return the status.
     */
    int handle(final VlanBatch batch, final int failAt) {
        final Message message = batch.message();
        if (batch.kind() == VlanBatch.Kind.FENCE) {
            return 0;
        }
        final MemorySegment wire = MemorySegment.ofArray(new byte[message.lengthBytes()]);
        message.encode(wire, 0);
        if (!MessageLength.isValid(batch.opcode().code(), wire, 0, message.lengthBytes(), false)) {
            return Status.ERR_PARAM.code();
        }
        final List<Integer> vlanIds = decode(wire, message.lengthBytes());
        return batch.kind() == VlanBatch.Kind.ADD ? add(vlanIds, failAt) : delete(vlanIds, failAt);
    }

    private List<Integer> decode(final MemorySegment wire, final int lengthBytes) {
        if (kind == Kind.ICE_V1 || kind == Kind.I40E_V1) {
            return VlanFilterList.decode(wire, 0, lengthBytes).vlanIds();
        }
        return VlanFilterListV2.decode(wire, 0, lengthBytes).filters().stream()
                .map(filter -> filter.inner().vlanId())
                .toList();
    }

    private int add(final List<Integer> vlanIds, final int failAt) {
        if (isV2() && installed.size() + phantoms + vlanIds.size() > maxFilters) {
            overLimit++;
            return Status.ERR_PARAM.code();
        }
        int at = 0;
        for (final int vlanId : vlanIds) {
            if (vlanId < VlanId.MIN || vlanId > VlanId.MAX) {
                throw new AssertionError("VLAN " + vlanId + " in a message");
            }
            if (kind == Kind.ICE_V1 && installed.size() >= V1_MAX) {
                return 0;
            }
            if (badAdds.contains(vlanId) || at++ == failAt) {
                if (kind == Kind.I40E_V1) {
                    continue;
                }
                return Status.ERR_PARAM.code();
            }
            if (!installed.add(vlanId) && kind == Kind.ICE_OLD) {
                phantoms++;
            }
        }
        return 0;
    }

    private boolean isV2() {
        return kind != Kind.ICE_V1 && kind != Kind.I40E_V1;
    }

    private int delete(final List<Integer> vlanIds, final int failAt) {
        if (kind == Kind.ICE_STRICT && vlanIds.size() > installed.size()) {
            return Status.ERR_PARAM.code();
        }
        // VLAN 0 counts.
        final int looksAt =
                kind == Kind.ICE_V1
                        ? Math.min(vlanIds.size(), installed.size() + 1)
                        : vlanIds.size();
        for (int at = 0; at < looksAt; at++) {
            final int vlanId = vlanIds.get(at);
            if ((installed.contains(vlanId) && badDeletes.contains(vlanId)) || at == failAt) {
                return Status.ERR_PARAM.code();
            }
            installed.remove(vlanId);
        }
        return 0;
    }

    @Override
    public String toString() {
        return installed + "+" + phantoms;
    }
}
