"""One plain sentence per term, shown as help wherever the term appears. The criteria are those of the code."""

from core.errors import normalise_name, unknown_name

TERMS: dict[str, str] = {
    # networks and activations
    "activation": "The function that a network applies to every number between two layers; without it all layers would be one.",
    "site": "One place in the network where an activation stands, named by its path, such as layer1.0.act2.",
    "stage": "A group of layers that work at the same image size, such as layer1 of a ResNet.",
    "channel": "One feature map of a layer: the same filter at every position of the image.",
    "unit": "One element of a site's output: a channel at one row and column.",
    "pre-activation": "The number that goes into an activation, before the function is applied.",
    "sharing": "Who uses one set of activation parameters: the whole network, each layer, or each channel.",
    "activation parameter": "A number inside the activation function that training changes together with the weights.",
    "learned curve": "The activation function with the parameter values that training has given it.",
    "start": "The activation function with its initial parameter values, before the first training step.",
    "moved": "Distance between the learned curve and its start over the inputs that occur, relative to the spread of the "
    "start's outputs over the same inputs: 0 is unmoved, 25 % is clearly visible.",
    "derivative": "The slope of the activation function: how much the output changes when the input changes a little.",
    "backward derivative": "The derivative that training uses; for PD-ReLU it is not that of the function itself, on purpose.",
    "pseudo derivative": "A made-up derivative that training uses in place of the true one, so that it does not vanish.",
    # evidence
    "probe set": "A fixed sample of validation images, the same for every run on a data set, on which inputs and dead units "
    "are measured.",
    "density": "How often each input value occurs at a site on the probe set; its height is relative, its area is one.",
    "reached": "The central 99.8 % of a site's inputs on the probe set; outside it the curve is drawn dashed, because hardly "
    "any input lies there.",
    "saturated share": "Share of all inputs of a site on the probe set where the true derivative is at most 0.01 in size, so "
    "that hardly any gradient passes.",
    "dead unit": "A unit whose true derivative is below 0.01 in size for every probe image: it passes no gradient on.",
    "dead channel": "A channel all of whose units are dead.",
    "constant unit": "A unit whose output hardly differs between the probe images: its sd is below a thousandth of the sd of "
    "all outputs of its site.",
    "mean gradient": "Mean of the true derivative over all inputs of a site on the probe set.",
    "snapshot": "Activation parameters and input densities, kept before training, at steps 1, 2, 4, 8 … and after each epoch.",
    # training
    "epoch": "One pass over all training images; epoch 0 is before training.",
    "step": "One update of the weights, from one batch of images.",
    "seed": "The number that fixes all random choices of a run; runs that differ only in it show how much is chance.",
    "run": "One training of one network with one configuration and one seed, kept in one folder.",
    "group": "Runs that differ in nothing but the seed.",
    "checkpoint": "The weights of a network at the end of an epoch, kept in a file.",
    "chosen checkpoint": "The checkpoint that counts, chosen by validation data or as the last one; test data never choose.",
    "validation data": "Images kept out of training and used to choose, such as the best epoch.",
    "test data": "Images used neither to train nor to choose; every look at them is counted in the run.",
    "accuracy": "Share of images whose class the network names correctly.",
    "loss": "What training makes smaller: for classes, the mean of −log of the probability given to the right class.",
    "chance level": "The accuracy of guessing: one divided by the number of classes.",
    "logits": "The network's outputs before they are turned into probabilities, one per class.",
    # noise
    "noise pass": "One run of images through the network with the activations' noise on; every pass draws anew.",
    "latent features": "The numbers inside the network at one site, as one long vector per image.",
    "projection": "The two directions along which the noise-off features of many images differ most (PCA); all clouds of a run "
    "are drawn along the same two.",
    "cloud": "The features of one image under many noise passes, one dot per pass.",
    "ellipse": "The outline that would hold 95 % of a cloud if it were normally distributed: 2.45 sd around its mean.",
    "strength": "How much the noise moves the features: mean over images of the variance over noise passes, divided by the "
    "variance between images with the noise off.",
    "effective rank": "In how many directions the noise spreads the features: exp of the entropy of the normalised eigenvalues "
    "of the covariance within images; it says nothing about size, so strength stands beside it.",
    "hold": "A training step in which the activation parameters get no update, as in the noise steps of EELU.",
    # explanations
    "attribution": "A number per pixel that says how much the pixel speaks for or against what is explained.",
    "target": "What is explained: the logit of one class, or the difference of the logits of two.",
    "baseline image": "The image that stands for nothing, and against which a map is drawn: black, the mean colour, or the "
    "image itself without its details.",
    "gap": "What is explained for the image minus the same for the baseline image, in logits; tiny if it is below a tenth of "
    "the median size of the gaps of the probe images.",
    "completeness": "The claim of Integrated Gradients and DeepLift that a map sums to the gap; the error is what is missing "
    "or too much, in % of the gap, and is not given where the gap is tiny.",
    "steps": "How many images on the way from the baseline to the image Integrated Gradients looked at; doubled until the "
    "error is small.",
    "Integrated Gradients": "The gradient averaged along the straight way from the baseline to the image, times the difference "
    "of the two (Sundararajan et al. 2017).",
    "DeepLift": "Differences from the baseline, sent back through the network layer by layer with the rescale rule (Shrikumar "
    "et al. 2017).",
    "Saliency": "The gradient with respect to the pixels, with its sign (Simonyan et al. 2013).",
    "Input × Gradient": "The gradient times the normalised pixel.",
    "Grad-CAM": "The last maps of the network, weighted by their mean gradients and drawn over the image, with their sign "
    "(Selvaraju et al. 2017).",
    "Occlusion": "What the explained number loses when a square of the image is covered with the baseline, averaged over "
    "the squares that cover a pixel (Zeiler and Fergus 2014).",
    "SmoothGrad": "A map averaged over copies of the image with noise of 15 % of its range; less grainy, but no longer with a "
    "sum to check (Smilkov et al. 2017).",
    "sanity check": "Check: the weights are drawn anew from the last layer down; maps that stay alike do not show what was "
    "learned.",
    # comparison
    "Welch interval": "A 95 % interval for the difference of two means that does not assume equal spread; if it includes 0, "
    "the runs do not tell which is better.",
    "interval": "Where the true mean lies with 95 % confidence, given these seeds and Student's t distribution.",
    "sd": "Standard deviation between the seeds of a group, divided by n − 1.",
    "n": "Number of runs with different seeds behind a mean.",
    "point": "The unit for differences of accuracies: from 90 % to 91 % is one point.",
    "cannot tell": "The verdict when the 95 % interval of the difference includes 0 or a group has only one seed.",
    "detectable difference": "The smallest true difference that so many seeds, at this spread, would find in 80 % of cases.",
    "baseline": "The group that the others are compared with.",
    "nearest function": "The classic activation function closest to the learned curve where inputs occur most often.",
}


def term(name: str) -> str:
    """Return the sentence for a term; look-up ignores case, `-` and `_`. An unknown term raises and names the nearest."""
    known = {normalise_name(k): v for k, v in TERMS.items()}
    try:
        return known[normalise_name(name)]
    except KeyError:
        raise unknown_name("term", name, TERMS) from None
