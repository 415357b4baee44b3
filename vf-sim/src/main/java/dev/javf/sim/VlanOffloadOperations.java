package dev.javf.sim;

import dev.javf.virtchnl.Status;
import dev.javf.virtchnl.VlanSetting;
import dev.javf.virtchnl.VlanSupport;
import dev.javf.virtchnl.VlanV2Capabilities;

/**
 * Stripping and insertion of VLAN tags, version 2 (Linux ice driver, virt/virtchnl.c). A setting
 * must be one that the VF was offered since its last reset. Descriptors may always insert inner
 * tags: ice does the same to disable that as to enable it (ice_vsi_dis_inner_insertion). The i40e
 * driver has nothing to do for insertion, and says SUCCESS.
 */
final class VlanOffloadOperations {
    private static final int DISABLED = 0;

    private VlanOffloadOperations() {}

    static void enableStripping(final Exchange exchange) {
        final VlanSetting setting = decode(exchange);
        final VfControl vf = exchange.vf();
        if (!isValid(vf, setting, vf.vlanCapabilities.stripping())) {
            exchange.answer(false);
        } else if (vf.crcQueues.signum() != 0) {
            exchange.answer(Status.ERR_NOT_SUPPORTED);
        } else {
            exchange.answer(
                    setStripping(
                            exchange,
                            setting,
                            VlanTpid.ofBit(setting.outer()),
                            VlanTpid.ofBit(setting.inner())));
        }
    }

    static void disableStripping(final Exchange exchange) {
        final VlanSetting setting = decode(exchange);
        final VfControl vf = exchange.vf();
        exchange.answer(
                isValid(vf, setting, vf.vlanCapabilities.stripping())
                        && setStripping(exchange, setting, DISABLED, DISABLED));
    }

    private static boolean setStripping(
            final Exchange exchange,
            final VlanSetting setting,
            final int outerTpid,
            final int innerTpid) {
        final VfControl vf = exchange.vf();
        if (setting.outer() != 0) {
            if (!exchange.changeRule()) {
                return false;
            }
            vf.vlanOffloads = vf.vlanOffloads.withOuterStripping(outerTpid);
        }
        if (setting.inner() != 0) {
            if (!exchange.changeRule()) {
                return false;
            }
            vf.vlanOffloads = vf.vlanOffloads.withInnerStripping(innerTpid);
        }
        vf.rules.apply(vf, exchange.pf());
        return true;
    }

    static void enableInsertion(final Exchange exchange) {
        final VlanSetting setting = decode(exchange);
        final VfControl vf = exchange.vf();
        if (exchange.pf().mode().isI40e()) {
            exchange.answer(vf.isActive(setting.vportId()));
            return;
        }
        exchange.answer(
                isValid(vf, setting, vf.vlanCapabilities.insertion())
                        && setInsertion(exchange, setting, VlanTpid.ofBit(setting.outer())));
    }

    static void disableInsertion(final Exchange exchange) {
        final VlanSetting setting = decode(exchange);
        final VfControl vf = exchange.vf();
        if (exchange.pf().mode().isI40e()) {
            exchange.answer(vf.isActive(setting.vportId()));
            return;
        }
        exchange.answer(
                isValid(vf, setting, vf.vlanCapabilities.insertion())
                        && setInsertion(exchange, setting, DISABLED));
    }

    private static boolean setInsertion(
            final Exchange exchange, final VlanSetting setting, final int outerTpid) {
        final VfControl vf = exchange.vf();
        if (setting.outer() != 0) {
            if (!exchange.changeRule()) {
                return false;
            }
            vf.vlanOffloads = vf.vlanOffloads.withOuterInsertion(outerTpid);
        }
        if (setting.inner() != 0 && !exchange.changeRule()) {
            return false;
        }
        vf.rules.apply(vf, exchange.pf());
        return true;
    }

    private static VlanSetting decode(final Exchange exchange) {
        return VlanSetting.decode(exchange.body(), 0, exchange.lengthBytes());
    }

    private static boolean isValid(
            final VfControl vf,
            final VlanSetting setting,
            final VlanV2Capabilities.Support support) {
        return vf.isActive(setting.vportId())
                && (setting.outer() | setting.inner()) != 0
                && isValid(setting.outer(), support.outer())
                && isValid(setting.inner(), support.inner());
    }

    /** One TPID, out of those offered, of tags whose setting may be changed. */
    private static boolean isValid(final int setting, final int support) {
        return setting == 0
                || ((setting & support) != 0
                        && (Integer.bitCount(setting) == 1
                                || VlanSupport.ETHERTYPE_AND.isIn(support))
                        && VlanSupport.TOGGLE.isIn(support)
                        && VlanTpid.ofBit(setting) != 0);
    }
}
