package dev.javf.vfio;

/**
 * An access by a device to memory that its driver has not mapped.
 *
 * @param device the function's name.
 * @param iova first address.
 * @param lengthBytes how many bytes were wanted.
 * @param what what the device was doing, such as {@code Rx queue 0, descriptor 17: packet buffer}.
 */
public record IommuFault(String device, long iova, long lengthBytes, String what) {
    @Override
    public String toString() {
        return device
                + ": "
                + what
                + ": 0x"
                + Long.toHexString(iova)
                + " + "
                + lengthBytes
                + " bytes is not mapped for DMA";
    }
}
