package dev.javf.virtchnl;

import dev.javf.packet.MacAddress;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * ADD_ETH_ADDR and DEL_ETH_ADDR, VF to PF (virtchnl.h, struct virtchnl_ether_addr_list). With 8
 * spare zero bytes after the last address, which the PF's length check demands: 12 + 8 n bytes.
 *
 * @param vsiId 0..65535.
 * @param addresses 1..{@link #MAX_ELEMENTS}.
 */
public record EthAddressList(int vsiId, List<EthAddress> addresses) implements Message {
    /** The most addresses that fit a message. */
    public static final int MAX_ELEMENTS = 510;

    private static final int HEADER_BYTES = 4;
    private static final int ADDRESS_BYTES = 8;
    private static final int EMPTY_BYTES = HEADER_BYTES + ADDRESS_BYTES;

    /**
     * One filter.
     *
     * @param address unicast, multicast or broadcast.
     * @param type what it is for.
     */
    public record EthAddress(MacAddress address, EthAddressType type) {}

    /** Checks the ranges and copies the list. */
    public EthAddressList {
        Wire.checkU16("VSI id", vsiId);
        addresses = List.copyOf(addresses);
        Wire.checkCount("EthAddressList", addresses.size(), MAX_ELEMENTS);
    }

    @Override
    public int lengthBytes() {
        return EMPTY_BYTES + ADDRESS_BYTES * addresses.size();
    }

    @Override
    public void encode(final MemorySegment buffer, final long offset) {
        Wire.clear(buffer, offset, lengthBytes());
        Wire.put16(buffer, offset, vsiId);
        Wire.put16(buffer, offset + 2, addresses.size());
        long at = offset + HEADER_BYTES;
        for (final EthAddress address : addresses) {
            address.address.write(buffer, at);
            Wire.put8(buffer, at + 6, address.type.code());
            at += ADDRESS_BYTES;
        }
    }

    /**
     * Reads one.
     *
     * @param buffer a private copy of the message.
     * @param offset of its first byte.
     * @param lengthBytes its length.
     * @return the message.
     * @throws MalformedMessageException if the length isn't the one for the number of addresses in
     *     it.
     */
    public static EthAddressList decode(
            final MemorySegment buffer, final long offset, final int lengthBytes) {
        Wire.requireHeader("EthAddressList", lengthBytes, EMPTY_BYTES);
        final int count = Wire.u16(buffer, offset + 2);
        Wire.requireElements(
                "EthAddressList", count, MAX_ELEMENTS, lengthBytes, EMPTY_BYTES, ADDRESS_BYTES);
        final List<EthAddress> addresses = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            final long at = offset + HEADER_BYTES + (long) ADDRESS_BYTES * i;
            addresses.add(
                    new EthAddress(
                            MacAddress.read(buffer, at),
                            EthAddressType.of(Wire.u8(buffer, at + 6))));
        }
        return new EthAddressList(Wire.u16(buffer, offset), addresses);
    }
}
