package dev.javf.sim;

import static dev.javf.virtchnl.VlanSupport.ETHERTYPE_AND;
import static dev.javf.virtchnl.VlanSupport.ETHERTYPE_XOR;
import static dev.javf.virtchnl.VlanSupport.L2TAG1;
import static dev.javf.virtchnl.VlanSupport.L2TAG2;
import static dev.javf.virtchnl.VlanSupport.L2TAG2_2;
import static dev.javf.virtchnl.VlanSupport.TOGGLE;
import static dev.javf.virtchnl.VlanSupport.TPID_8100;
import static dev.javf.virtchnl.VlanSupport.TPID_88A8;
import static dev.javf.virtchnl.VlanSupport.TPID_9100;

import dev.javf.virtchnl.VlanSupport;
import dev.javf.virtchnl.VlanV2Capabilities;
import dev.javf.virtchnl.VlanV2Capabilities.Filtering;
import dev.javf.virtchnl.VlanV2Capabilities.Support;

/** What a PF answers to GET_OFFLOAD_VLAN_V2_CAPS, by mode and port VLAN. */
final class VlanV2Offers {
    private static final Support UNSUPPORTED = new Support(0, 0);

    private static final int INNER = word(TPID_8100, TOGGLE, L2TAG1);
    private static final Support ONLY_INNER = new Support(0, INNER);

    private static final int ALL_TPIDS = word(TPID_8100, TPID_88A8, TPID_9100);

    private static final VlanV2Capabilities SINGLE =
            new VlanV2Capabilities(
                    new Filtering(0, TPID_8100.mask(), TPID_8100.mask(), 0),
                    ONLY_INNER,
                    ONLY_INNER,
                    TPID_8100.mask(),
                    0);

    private static final VlanV2Capabilities DOUBLE =
            new VlanV2Capabilities(
                    new Filtering(ALL_TPIDS | ETHERTYPE_AND.mask(), 0, ALL_TPIDS, 0),
                    new Support(ALL_TPIDS | word(ETHERTYPE_XOR, TOGGLE, L2TAG2_2), INNER),
                    new Support(ALL_TPIDS | word(ETHERTYPE_XOR, TOGGLE, L2TAG2), INNER),
                    TPID_8100.mask(),
                    0);

    private static final VlanV2Capabilities DOUBLE_WITH_PORT_VLAN =
            new VlanV2Capabilities(
                    new Filtering(0, 0, 0, 0), ONLY_INNER, ONLY_INNER, TPID_8100.mask(), 0);

    private static final int I40E_FILTERING = word(TPID_8100, TPID_88A8, ETHERTYPE_AND);

    private static final VlanV2Capabilities I40E =
            new VlanV2Capabilities(
                    new Filtering(I40E_FILTERING, 0, I40E_FILTERING, 0),
                    new Support(
                            word(TPID_8100, ETHERTYPE_XOR, TOGGLE, L2TAG1, L2TAG2_2),
                            word(TPID_8100, L2TAG1)),
                    new Support(word(TPID_8100, TOGGLE, L2TAG2), 0),
                    TPID_8100.mask(),
                    0);

    private static final VlanV2Capabilities I40E_WITH_PORT_VLAN =
            new VlanV2Capabilities(
                    new Filtering(0, 0, 0, 0), UNSUPPORTED, UNSUPPORTED, TPID_8100.mask(), 0);

    private VlanV2Offers() {}

    static VlanV2Capabilities offer(final VfControl vf, final PfSettings pf) {
        final boolean hasPortVlan = vf.host.portVlan != null;
        final int maxFilters = VlanLimits.maxFilters(vf, pf);
        if (pf.mode().isI40e()) {
            return limited(hasPortVlan ? I40E_WITH_PORT_VLAN : I40E, maxFilters);
        }
        if (pf.mode().isDoubleVlan()) {
            return limited(hasPortVlan ? DOUBLE_WITH_PORT_VLAN : DOUBLE, maxFilters);
        }
        return hasPortVlan ? VlanV2Capabilities.NONE : limited(SINGLE, maxFilters);
    }

    private static VlanV2Capabilities limited(
            final VlanV2Capabilities offer, final int maxFilters) {
        final Filtering filtering = offer.filtering();
        return new VlanV2Capabilities(
                new Filtering(
                        filtering.outer(),
                        filtering.inner(),
                        filtering.ethertypeInit(),
                        maxFilters),
                offer.stripping(),
                offer.insertion(),
                offer.ethertypeInit(),
                offer.ethertypeMatch());
    }

    private static int word(final VlanSupport... bits) {
        int word = 0;
        for (final VlanSupport bit : bits) {
            word |= bit.mask();
        }
        return word;
    }
}
