/** That no frame is lost, damaged or out of order. */
@NullMarked
package dev.javf.bench.loss;

import org.jspecify.annotations.NullMarked;
