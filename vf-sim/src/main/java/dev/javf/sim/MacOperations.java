package dev.javf.sim;

import dev.javf.packet.MacAddress;
import dev.javf.virtchnl.EthAddressList;
import dev.javf.virtchnl.EthAddressList.EthAddress;
import dev.javf.virtchnl.EthAddressType;
import dev.javf.virtchnl.Status;

/** MAC rules (Linux ice driver, virt/virtchnl.c). */
final class MacOperations {
    /** Rules that a VF has at most which the host doesn't trust (ICE_MAX_MACADDR_PER_VF). */
    static final int MAX_UNTRUSTED = 18;

    /** How long an old driver's last address can become the VF's own. */
    private static final long LEGACY_CHANGE_NS = 3_000_000_000L;

    private MacOperations() {}

    static void addEthAddr(final Exchange exchange) {
        final EthAddressList list =
                EthAddressList.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        final boolean isTooMany =
                !vf.host.isTrusted && vf.macs.size() + list.addresses().size() > MAX_UNTRUSTED;
        if (!vf.isActive(list.vsiId()) || isTooMany) {
            exchange.answer(false);
            return;
        }
        for (final EthAddress element : list.addresses()) {
            if (isOfDevice(element.address()) && !add(exchange, element)) {
                exchange.answer(Status.ERR_ADMIN_QUEUE_ERROR);
                return;
            }
        }
        exchange.answer(true);
    }

    private static boolean add(final Exchange exchange, final EthAddress element) {
        final VfControl vf = exchange.vf();
        final MacAddress mac = element.address();
        if (mac.equals(vf.currentMac)) {
            return true;
        }
        if ((!mac.isMulticast() && !mayChangeMac(vf)) || !exchange.changeRule()) {
            return false;
        }
        vf.macs.add(mac);
        if (!mac.isMulticast()) {
            rememberAdded(exchange, element);
        }
        return true;
    }

    private static void rememberAdded(final Exchange exchange, final EthAddress element) {
        final VfControl vf = exchange.vf();
        final boolean isLegacy = element.type() == EthAddressType.LEGACY;
        if (element.type() == EthAddressType.PRIMARY || (isLegacy && vf.host.mac.isZero())) {
            vf.currentMac = element.address();
            vf.host.mac = element.address();
        }
        if (isLegacy) {
            vf.lastLegacyMac = element.address();
            vf.lastLegacyMacNs = exchange.nowNs();
        }
    }

    static void delEthAddr(final Exchange exchange) {
        final EthAddressList list =
                EthAddressList.decode(exchange.body(), 0, exchange.lengthBytes());
        final VfControl vf = exchange.vf();
        if (!vf.isActive(list.vsiId())) {
            exchange.answer(false);
            return;
        }
        for (final EthAddress element : list.addresses()) {
            if (isOfDevice(element.address()) && !delete(exchange, element)) {
                exchange.answer(Status.ERR_ADMIN_QUEUE_ERROR);
                return;
            }
        }
        exchange.answer(true);
    }

    private static boolean delete(final Exchange exchange, final EthAddress element) {
        final VfControl vf = exchange.vf();
        final MacAddress mac = element.address();
        if (!mayChangeMac(vf) && mac.equals(vf.currentMac)) {
            return true;
        }
        if (!exchange.changeRule()) {
            return false;
        }
        if (vf.macs.remove(mac) && mac.equals(vf.currentMac)) {
            // The address the VF is known by stays, for when its driver comes back.
            vf.currentMac = MacAddress.ZERO;
            if (element.type() == EthAddressType.LEGACY
                    && exchange.nowNs() - vf.lastLegacyMacNs <= LEGACY_CHANGE_NS
                    && !vf.lastLegacyMac.isZero()) {
                vf.currentMac = vf.lastLegacyMac;
                vf.host.mac = vf.lastLegacyMac;
            }
        }
        return true;
    }

    /** Broadcast and zero are passed by in silence. */
    private static boolean isOfDevice(final MacAddress mac) {
        return !mac.isZero() && !mac.equals(MacAddress.BROADCAST);
    }

    private static boolean mayChangeMac(final VfControl vf) {
        return vf.host.isTrusted || !vf.host.isMacSetByHost;
    }
}
