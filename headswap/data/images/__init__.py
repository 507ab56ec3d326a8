"""Images as examples: the digits that come with scikit-learn, CIFAR's archives, random crops and flips."""
