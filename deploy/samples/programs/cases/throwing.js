print("before"); throw new RangeError("out of range");
