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
    "own formula": "A function that you write yourself in x; every other name in it becomes a parameter that training changes.",
    "false gradient": "Gradient that a pseudo derivative lets through where the function itself has none.",
    "noise band": "Where 95 % of the outputs of a noisy activation lie, over all the noise that it can draw in training.",
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
    "newly dead": "Dead after this epoch and alive after the one before; of a channel, when its last living unit died.",
    "revived": "Alive after this epoch and dead after the one before.",
    "nearest function": "The classic activation function nearest to the learned curve over the inputs that occur, after the "
    "best output scale and offset, which the next layer can take up.",
    "distance to a function": "Root mean square that is left of the curve after the best output scale and offset, over the "
    "inputs that occur, in % of the curve's own sd there: 0 is the same function, 100 % no better than a constant.",
    "snapshot": "Activation parameters and input densities, kept before training, at steps 1, 2, 4, 8 … and after each epoch.",
    # training
    "newest epoch": "The last finished epoch of a run that still trains; followed, the page goes on to the next one by itself.",
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
    # predictions
    "confidence": "The probability that the network gives to the class it predicts, from the softmax of its logits.",
    "margin": "Probability of the true class minus the largest probability of another class: below zero it is wrong.",
    "confusion matrix": "How many images of each true class (rows) were predicted as each class (columns); the diagonal is "
    "right.",
    "Wilson interval": "A 95 % interval for a share, such as an accuracy, that also holds near 0 and 100 % and for few images.",
    "expected calibration error": "How far confidence and accuracy lie apart, on average over 15 bins of confidence, weighted "
    "by the images in each.",
    "feature map": "What one channel of a site gives for one image, as a small picture: one number per position.",
    "activation maximisation": "An image made by gradient ascent from noise, so that one channel gives as much as it can.",
    "flip": "An image that one of two runs has right and the other wrong.",
    # noise
    "noise pass": "One run of images through the network with the activations' noise on; every pass draws anew.",
    "latent features": "The numbers inside the network at one site, as one long vector per image.",
    "projection": "The two directions along which the noise-off features of many images differ most (PCA); all clouds of a run "
    "are drawn along the same two.",
    "t-SNE": "Images with similar noise-off features lie together (first 50 principal components, perplexity 30, one fixed "
    "start); how far apart groups lie and how large they are means nothing, nor do the axes.",
    "cloud": "The features of one image under many noise passes, one dot per pass.",
    "ellipse": "The outline that would hold 95 % of a cloud if it were normally distributed: 2.45 sd around its mean.",
    "strength": "How much the noise moves the features: mean over images of the variance over noise passes, divided by the "
    "variance between images with the noise off.",
    "effective rank": "In how many directions the noise spreads the features: exp of the entropy of the normalised eigenvalues "
    "of the covariance within images; it says nothing about size, so strength stands beside it.",
    "signal-to-noise": "How far the features stand out of their own noise: mean over images of the summed squares of the "
    "noise-off features, divided by the summed variance over noise passes; in dB, ten times its decimal logarithm.",
    "spread map": "The sd over noise passes of every element of a site's output, for one image.",
    "mean map": "The mean over noise passes of every element of a site's output, for one image.",
    "decision flip": "A noise pass in which the network names another class than with the noise off.",
    "Gaussian noise": "Here a multiplier: every output of an activation times k, drawn from N(1, s²) for every "
    "element and pass.",
    "dropout": "Every output of an activation is 0 with probability p, else divided by 1 − p; its multiplier has the variance "
    "p / (1 − p), so p = v / (1 + v) gives the variance v.",
    "equal strength": "Two kinds of noise whose strength at one site differs by at most 5 %.",
    "aligned": "Turned, mirrored and scaled by Procrustes analysis so that the noise-off places of the same images fall "
    "together as well as they can.",
    "hold": "A training step in which the activation parameters get no update, as in the noise steps of EELU.",
    # what if
    "intervention": "One change of a trained network's activations, made on a copy: another function, or other "
    "parameter values.",
    "ablation": "Taking one part of a network away, or putting something plain in its place, to see what the part was worth.",
    "BN statistics": "The mean and variance of its inputs that each batch normalisation layer keeps, and by which it "
    "normalises when the network is used.",
    "t": "How far the activation parameters are moved: 0 is their start, 1 what training found, 1.5 half as far again.",
    "as it is": "With the BN statistics of the trained network: after a change they no longer fit, so this mostly shows that "
    "BN was surprised.",
    "estimated again": "With the BN statistics measured anew on training images after the change: what is then still "
    "lost is what the learned shape was worth.",
    "path": "The way of the parameters, start + t (learned − start): t = 0 is the start, t = 1 what training found.",
    "surface": "The loss over two activation parameters: exact where the network has only this pair, else a slice.",
    "McNemar's test": "A test that looks only at the images whose answer changed, and says how surprising their split into "
    "gains and losses is if both are equally likely.",
    "Holm's correction": "Makes the test of many sites at once stricter, so that all together give a false alarm in "
    "5 % of cases.",
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
    # files
    "pickle global": "A function or class that a pickle names and that loading it would look up and may call; plain weights "
    "need only a few harmless ones.",
    "layout": "The names and shapes of a network's weights in a file; programs that build the same network may name its layers "
    "differently.",
    "normalisation": "The mean that is subtracted from every pixel and the standard deviation it is divided by, per channel, "
    "as when the network was trained.",
}


def term(name: str) -> str:
    """Return the sentence for a term; look-up ignores case, `-` and `_`. An unknown term raises and names the nearest."""
    known = {normalise_name(k): v for k, v in TERMS.items()}
    try:
        return known[normalise_name(name)]
    except KeyError:
        raise unknown_name("term", name, TERMS) from None
