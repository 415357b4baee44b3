package dev.javf.vfio;

/** What a function may do with memory that was mapped for it. */
public enum DmaAccess {
    /** Only read, as an IOMMU is told for buffers to be transmitted. */
    READ_ONLY,
    /** Read and write. */
    READ_WRITE
}
